#pragma once

#include <QWidget>
#include <memory>
#include <vector>

#include "snapshot/picture.h"
#include "widgets/teach/lesson.h"

class QLabel;
class QTextBrowser;

namespace maskscope {

class ActionButton;
class ChoiceMarks;
class PictureTile;
class QuestionBox;
class StateLayer;
class StepParts;

/// A lesson beside one picture: text at the left; what the encoder sees and what the decoder paints at the right, the four parts of a
/// training step below. Where a page asks a question, the answer stays covered, and the picture still, until it is revealed.
class TeachView : public QWidget {
    Q_OBJECT

public:
    explicit TeachView(QWidget* parent = nullptr);

    /// What training says.
    struct Facts {
        std::shared_ptr<const ImagePicture> picture;  // null: nothing yet
        qint64 step = -1, parameters = 0;             // step: of the weights that painted; -1: none did
        QString cannotStep;                           // why; empty: a step can be done
        QString noPicture;                            // why there will be none; empty: it comes with training
    };
    void setFacts(const Facts& facts);

    void setLesson(const Lesson& lesson);
    void showPage(int page);
    int page() const { return page_; }
    /// The hidden patches that the question on this page is about, in reading order; empty: it cannot be asked.
    const std::vector<int>& choices() const { return choices_; }
    /// The answer that the losses of the picture give; -1: there is no question.
    int rightChoice() const;
    bool isCovered() const;
    QuestionBox* questionBox() const { return question_; }
    StepParts* parts() const { return parts_; }

Q_SIGNALS:
    void stepRequested();
    /// There is nothing to look at: training should start.
    void startRequested();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* buildText();
    QWidget* buildPictures();
    void askQuestion();
    void refreshPage();
    void refreshPictures();
    void restyle();
    QString verdictWords() const;

    Lesson lesson_;
    Facts facts_;
    std::shared_ptr<const ImagePicture> shown_;  // stays still while a question is open
    qint64 shownStep_ = -1;
    int page_ = 0;
    std::vector<int> choices_;

    QLabel *lessonTitle_ = nullptr, *title_ = nullptr, *seenCaption_ = nullptr, *paintedCaption_ = nullptr;
    QTextBrowser* body_ = nullptr;
    QuestionBox* question_ = nullptr;
    ActionButton *back_ = nullptr, *next_ = nullptr;
    PictureTile *seen_ = nullptr, *painted_ = nullptr;
    ChoiceMarks* marks_ = nullptr;
    StateLayer *cover_ = nullptr, *stateLayer_ = nullptr;
    StepParts* parts_ = nullptr;
};

}  // namespace maskscope
