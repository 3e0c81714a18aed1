#pragma once

#include <QWidget>

class QButtonGroup;
class QToolButton;

namespace maskscope {

/// A row of joined buttons of which one is chosen.
class SegmentBar : public QWidget {
    Q_OBJECT

public:
    explicit SegmentBar(QWidget* parent = nullptr);

    /// @param help  the tooltip: what choosing it shows
    /// @return its number, rising from 0
    int add(const QString& text, const QString& iconName, const QString& help);
    void setCurrent(int index);
    int current() const;
    QToolButton* button(int index) const;

Q_SIGNALS:
    /// The user chose; also when it was chosen already.
    void chosen(int index);

private:
    QButtonGroup* group_;
};

}  // namespace maskscope
