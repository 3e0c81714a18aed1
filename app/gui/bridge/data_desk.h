#pragma once

#include <QMap>
#include <QObject>
#include <functional>
#include <memory>
#include <mutex>

#include "app/gui/bridge/newest_worker.h"
#include "app/gui/bridge/opened_data.h"
#include "app/gui/bridge/recipe_reading.h"
#include "snapshot/mask_lab.h"
#include "snapshot/picture.h"

namespace maskscope {

/// Opens data and draws masks on a thread of its own, and what nobody waits for on another. Answers come as signals on the thread of this object; a
/// newer question replaces an older one of its kind.
class DataDesk : public QObject {
    Q_OBJECT

public:
    explicit DataDesk(QObject* parent = nullptr);
    ~DataDesk() override;

    /// Opens what a project names; sample data that are not there yet are generated first.
    /// @param run  the folder of the run that is looked at, which knows what its input learned from the data (a vocabulary); empty: a
    ///             new run would learn it
    void open(const Project& project, const RecipeReading& reading, const QString& run = {});
    /// Opens a file or folder for looking alone: all of its samples, up to `most`, come as `imagesOpened`.
    /// @param domain  of the data that are open; null: made from the recipe
    void openImages(const QString& path, const RecipeReading& reading, std::shared_ptr<const DataDomain> domain, int most);
    /// A sample under the recipe's mask, with nothing predicted.
    void preview(const std::shared_ptr<const OpenedData>& data, const ShownSample& sample, const RecipeReading& reading, quint64 seed);
    /// A picture of what a project is about: sample `index` of its validation data under its mask.
    void drawExample(const QString& id, const Project& project, int index);
    /// Composes the recipe, also with other mask strategies.
    void tryRecipe(const std::shared_ptr<const OpenedData>& data, const RecipeReading& reading);
    /// A sheet of masks on the recipe's grid.
    void drawMasks(const MaskLabRequest& request, const RecipeReading& reading);
    /// One mask of a strategy. @param ratio  0..1, for strategies that have one
    void fillMask(const QString& strategy, double ratio, const RecipeReading& reading, quint64 seed);

    /// The folder of the generated pictures in the user's data; its parts are `train` and `test`.
    static QString sampleDataFolder();
    /// The same for generated graphs, and for generated texts.
    static QString sampleGraphsFolder();
    static QString sampleTextsFolder();
    /// Where the project's data are the samples of another domain: the samples of this one in their place.
    static Project onSamplesOf(SampleKind kind, Project project);

Q_SIGNALS:
    void opened(std::shared_ptr<const maskscope::OpenedData> data);
    void imagesOpened(const QString& path, std::shared_ptr<const maskscope::OpenedData> data);
    /// @param what  a sentence: subject, found, expected, what to do
    void openFailed(const QString& path, const QString& what);
    void working(const QString& what, qint64 done, qint64 total);
    void previewed(std::shared_ptr<const maskscope::Picture> picture);
    void exampleDrawn(const QString& id, std::shared_ptr<const maskscope::Picture> picture);
    /// @param maskProblems  why not, by the mask strategies that the recipe cannot take
    void recipeTried(qint64 parameters, const QMap<QString, QString>& maskProblems);
    void masksDrawn(std::shared_ptr<const maskscope::MaskLabSheet> sheet);
    void maskFilled(const std::vector<std::uint8_t>& hidden);
    void drawFailed(const QString& what);

private:
    void deliver(std::function<void()> call);
    std::shared_ptr<OpenedData> openProject(const Project& project, const RecipeReading& reading, const QString& run, const std::stop_token& stop);
    enum class Telling { Aloud, Silent };
    /// Where the path lies in sample data that are not there yet.
    void generateSamples(const QString& path, const std::stop_token& stop, Telling telling);

    std::mutex generating_;
    std::unique_ptr<NewestWorker> worker_;
    std::unique_ptr<NewestWorker> background_;  // examples and trials: nobody waits for them
};

}  // namespace maskscope
