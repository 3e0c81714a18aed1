#pragma once

#include <QWidget>

class QButtonGroup;
class QToolButton;

namespace maskscope {

/// A row of joined buttons of which one is chosen. Tab comes to the chosen one; arrow keys go from there to the others.
class SegmentBar : public QWidget {
    Q_OBJECT

public:
    explicit SegmentBar(QWidget* parent = nullptr);

    /// @param help  the tooltip: what choosing it shows
    /// @return its number, rising from 0
    int add(const QString& text, const QString& iconName, const QString& help);
    void setCurrent(int index);
    /// Icons alone where there is no room for words; the tooltips say them.
    void setWordsShown(bool shown);
    int current() const;
    QToolButton* button(int index) const;

Q_SIGNALS:
    /// The user chose; also when it was chosen already.
    void chosen(int index);

private:
    void takeTab(QToolButton* only);

    QButtonGroup* group_;
};

}  // namespace maskscope
