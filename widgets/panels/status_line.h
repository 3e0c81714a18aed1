#pragma once

#include <QFrame>

class QLabel;
class QToolButton;

namespace maskscope {

/// The bottom line: the newest message at the left, what holds all the time at the right.
class StatusLine : public QFrame {
    Q_OBJECT

public:
    enum class Tone { Plain, Done, Warning, Error };

    explicit StatusLine(QWidget* parent = nullptr);

    void showMessage(const QString& text, Tone tone = Tone::Plain);
    QString message() const;
    /// @param path  how training computes, with its reason in brackets behind
    void setDevice(const QString& text, const QString& path = {});
    /// The share of time that looking takes, 0..1; negative: nothing to say.
    void setObservingShare(double share);
    void setScale(int percent);

Q_SIGNALS:
    void messagesRequested();
    void scaleClicked();
    /// The heat maps take other colours from now on.
    void colorMapChanged();

protected:
    void changeEvent(QEvent* event) override;

private:
    void showMark();
    void addColorMaps();
    QLabel *mark_, *message_, *device_, *watching_;
    QToolButton *scale_, *colors_;
    Tone tone_ = Tone::Plain;
};

}  // namespace maskscope
