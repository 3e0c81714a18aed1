#pragma once

#include <QFrame>
#include <array>
#include <vector>

class QLabel;
class QPushButton;

namespace maskscope {

class ActionButton;

/// Predict, then reveal: a question with up to three answers, lettered A, B, C, and the button that uncovers what happened.
class QuestionBox : public QFrame {
    Q_OBJECT

public:
    explicit QuestionBox(QWidget* parent = nullptr);

    /// Nothing chosen, nothing revealed.
    void ask(const QString& question, const QStringList& answers);
    void choose(int answer);
    int chosen() const { return chosen_; }
    bool isRevealed() const { return revealed_; }
    /// Shows the verdict; the answers can no longer be changed. Without a choice nothing happens.
    void reveal();
    /// What `reveal` says. @param right  which answer; -1: none  @param words  the numbers behind it
    void setVerdict(int right, const QString& words);

    static QString letter(int answer) { return QString(QChar(u'A' + static_cast<char16_t>(answer))); }

Q_SIGNALS:
    void chose(int answer);
    void revealed();

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();

    QLabel *caption_, *question_, *verdict_;
    std::array<QPushButton*, 3> answers_;
    ActionButton* reveal_;
    QString words_;
    int chosen_ = -1, right_ = -1;
    bool revealed_ = false;
};

}  // namespace maskscope
