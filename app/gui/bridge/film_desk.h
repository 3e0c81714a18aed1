#pragma once

#include <QObject>
#include <memory>
#include <vector>

#include "analysis/film.h"
#include "app/gui/bridge/newest_worker.h"

namespace maskscope {

/// Asks several checkpoints of a run about one sample, on a thread of its own: for films, and for the strip that shows a sample over
/// time. The two do not replace each other.
class FilmDesk : public QObject {
    Q_OBJECT

public:
    static constexpr double kFrameSeconds = 0.5;

    explicit FilmDesk(QObject* parent = nullptr);
    ~FilmDesk() override;

    /// Writes a film. @param place  film.gif, or a folder for numbered pictures
    void shoot(const FilmRequest& request, const QString& place);
    /// Nothing is written any more.
    void cancelFilm();
    /// What the checkpoints make of the sample comes as `shown`, one after the other; a newer request replaces an older one.
    void show(const FilmRequest& request, quint64 generation);

Q_SIGNALS:
    void progressed(qint64 done, qint64 total);
    void written(const QString& place);
    void failed(const QString& what);
    void cancelled();
    void shown(quint64 generation, std::shared_ptr<const maskscope::ReconstructionRecord> answer);

private:
    template <typename Call>
    void deliver(Call call);

    bool filming_ = false;
    std::unique_ptr<NewestWorker> film_, strip_;
};

}  // namespace maskscope
