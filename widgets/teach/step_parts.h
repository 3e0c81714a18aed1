#pragma once

#include <QWidget>
#include <array>
#include <memory>

#include "snapshot/picture.h"
#include "widgets/teach/lesson.h"

class QFrame;
class QLabel;

namespace maskscope {

class ActionButton;
class StepDrawing;

/// The four parts of a training step, in their order, each in a card with its numbers; and the button that does one step.
class StepParts : public QWidget {
    Q_OBJECT

public:
    explicit StepParts(QWidget* parent = nullptr);

    struct Numbers {
        qint64 visible = 0, hidden = 0;  // patches
        double loss = -1.0;              // of this picture; negative: none yet
        qint64 weights = 0;              // 0: unknown
    };
    void setNumbers(const Numbers& numbers);
    /// What the drawings are of. @param picture  null: none
    void setPicture(const std::shared_ptr<const ImagePicture>& picture);
    /// The part that the lesson is about.
    void setPart(StepPart part);
    /// @param reason  empty: it can act
    void setUnavailable(const QString& reason);
    ActionButton* stepButton() const { return step_; }

Q_SIGNALS:
    void stepRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    void restyle();

    struct Card {
        QFrame* frame;
        QLabel *title, *text;
        StepDrawing* drawing;
    };
    std::array<Card, 4> cards_{};
    ActionButton* step_;
};

}  // namespace maskscope
