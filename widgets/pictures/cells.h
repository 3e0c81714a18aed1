#pragma once

#include <QRect>
#include <QString>

class QWidget;

namespace maskscope {

/// A widget that paints many cells itself and lets screen readers see each of them.
class CellSource {
public:
    virtual ~CellSource() = default;

    virtual int cellCount() const = 0;
    /// In the coordinates of `cellWidget()`.
    virtual QRect cellRect(int index) const = 0;
    virtual QString cellName(int index) const = 0;
    virtual QString cellDescription(int index) const = 0;
    virtual bool isCellSelected(int index) const = 0;
    /// What a click on the cell does.
    virtual void activateCell(int index) = 0;
    /// The widget that the cells are painted on.
    virtual QWidget* cellWidget() = 0;
};

/// Makes the cells of every CellSource accessible children; call it first in the constructor of such a widget, before
/// anything names the widget to screen readers. Does its work once.
void enableCellAccessibility();

}  // namespace maskscope
