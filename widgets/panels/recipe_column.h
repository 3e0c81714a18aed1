#pragma once

#include <QFrame>
#include <QMap>
#include <array>
#include <optional>

#include "widgets/panels/recipe_summary.h"
#include "widgets/plots/curve_series.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QSlider;
class QVBoxLayout;

namespace maskscope {

class ImageWell;
class LossSketch;
class NetworkDrawing;
class NumberLabel;
class PictureTile;
class RecipeCard;
class ScheduleCurve;
class ThumbnailSheet;

/// The recipe read from top to bottom: data, mask, encoder, target, head and loss, schedule. A picture first, few controls, more
/// below; the search line opens the card that fits.
class RecipeColumn : public QFrame {
    Q_OBJECT

public:
    enum Card { Data, Mask, Encoder, Target, HeadAndLoss, Schedule, CardCount };

    explicit RecipeColumn(QWidget* parent = nullptr);

    void setData(const DataSummary& found);
    void setRecipe(const RecipeSummary& recipe);
    /// Greys the mask strategies that the recipe cannot take. @param problems  why not, by strategy
    void setStrategyProblems(const QMap<QString, QString>& problems);
    void setPreview(const MaskPreview& preview);
    /// The encoder card's second line once the network was made. @param parameters  0: not known yet
    void setParameterCount(qint64 parameters);
    void setLoss(std::vector<CurvePoint> points, std::vector<double> references);
    /// The step that the schedule's drawing marks; none: not started.
    void setReached(std::optional<double> step);
    /// A run has started: settings that cannot change in it offer a fork.
    void setStarted(bool started);

    RecipeCard* card(Card which) const { return cards_[which]; }
    QLineEdit* search() const { return search_; }

Q_SIGNALS:
    void dataClicked();
    void strategyChosen(const QString& strategy);
    /// While the slider moves (`done` false: only the preview follows) and once it is let go.
    void ratioChanged(double ratio, bool done);
    void settingEdited(const QString& key, const QString& value);

protected:
    void changeEvent(QEvent* event) override;

private:
    void buildCards();
    void buildMaskControls();
    void filter(const QString& words);
    void showRatio(double ratio);
    void showEncoder();
    void showStrategyProblems();

    std::array<RecipeCard*, CardCount> cards_{};
    QVBoxLayout* column_;
    QLineEdit* search_;
    ThumbnailSheet* thumbnails_;
    PictureTile* masked_;
    NetworkDrawing* network_;
    ImageWell* target_;
    LossSketch* loss_;
    ScheduleCurve* schedule_;
    QComboBox* strategy_;
    QWidget* ratioRow_;
    QLabel* ratioCaption_;
    QSlider* ratio_;
    NumberLabel* ratioNumber_;
    RecipeSummary recipe_;
    QMap<QString, QString> strategyProblems_;
    MaskPreview preview_;
    qint64 parameters_ = 0;
};

}  // namespace maskscope
