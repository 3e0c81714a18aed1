#include "widgets/pictures/cells.h"

#include <QAbstractScrollArea>
#include <QAccessible>
#include <QAccessibleWidget>
#include <QPointer>
#include <QWidget>
#include <map>

namespace maskscope {
namespace {

CellSource* sourceOf(QObject* object) { return dynamic_cast<CellSource*>(object); }

/// One cell. It belongs to the interface of its widget.
class AccessibleCell : public QAccessibleInterface, public QAccessibleActionInterface {
public:
    AccessibleCell(QWidget* widget, int index) : widget_(widget), index_(index) {}

    bool isValid() const override { return source() && index_ < source()->cellCount(); }
    QObject* object() const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(widget_.data()); }
    QAccessibleInterface* child(int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    void setText(QAccessible::Text, const QString&) override {}
    QAccessible::Role role() const override { return QAccessible::Graphic; }

    QString text(QAccessible::Text kind) const override {
        if (!isValid()) return {};
        if (kind == QAccessible::Name) return source()->cellName(index_);
        return kind == QAccessible::Description ? source()->cellDescription(index_) : QString();
    }
    QRect rect() const override {
        if (!isValid()) return {};
        const QRect cell = source()->cellRect(index_);
        return {source()->cellWidget()->mapToGlobal(cell.topLeft()), cell.size()};
    }
    QAccessible::State state() const override {
        QAccessible::State state;
        state.invalid = !isValid();
        state.selectable = state.focusable = true;
        state.selected = isValid() && source()->isCellSelected(index_);
        state.focused = state.selected && widget_->hasFocus();
        return state;
    }
    void* interface_cast(QAccessible::InterfaceType type) override {
        return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface*>(this) : nullptr;
    }
    QStringList actionNames() const override { return {pressAction()}; }
    void doAction(const QString& name) override {
        if (name == pressAction() && isValid()) source()->activateCell(index_);
    }
    QStringList keyBindingsForAction(const QString&) const override { return {}; }

private:
    CellSource* source() const { return sourceOf(widget_.data()); }

    QPointer<QWidget> widget_;
    int index_;
};

/// A widget whose children are its real ones, then its cells.
class AccessibleCells : public QAccessibleWidget {
public:
    explicit AccessibleCells(QWidget* widget) : QAccessibleWidget(widget, QAccessible::Grouping) {}
    ~AccessibleCells() override {
        for (const auto& [index, id] : cells_) QAccessible::deleteAccessibleInterface(id);
    }

    int childCount() const override { return QAccessibleWidget::childCount() + cellCount(); }
    QAccessibleInterface* child(int index) const override {
        const int real = QAccessibleWidget::childCount();
        if (index < real) return QAccessibleWidget::child(index);
        return index - real < cellCount() ? cell(index - real) : nullptr;
    }
    int indexOfChild(const QAccessibleInterface* child) const override {
        for (const auto& [index, id] : cells_)
            if (QAccessible::accessibleInterface(id) == child) return QAccessibleWidget::childCount() + index;
        return QAccessibleWidget::indexOfChild(child);
    }
    QAccessibleInterface* childAt(int x, int y) const override {
        for (int i = 0; i < cellCount(); ++i)
            if (cell(i)->rect().contains(x, y)) return cell(i);
        return QAccessibleWidget::childAt(x, y);
    }

private:
    int cellCount() const { return widget() ? sourceOf(widget())->cellCount() : 0; }
    QAccessibleInterface* cell(int index) const {
        auto place = cells_.find(index);
        if (place == cells_.end()) place = cells_.emplace(index, QAccessible::registerAccessibleInterface(new AccessibleCell(widget(), index))).first;
        return QAccessible::accessibleInterface(place->second);
    }

    mutable std::map<int, QAccessible::Id> cells_;
};

QAccessibleInterface* makeCells(const QString&, QObject* object) {
    return object && object->isWidgetType() && sourceOf(object) ? new AccessibleCells(static_cast<QWidget*>(object)) : nullptr;
}

}  // namespace

void enableCellAccessibility() {
    [[maybe_unused]] static const bool installed = [] {
        QAccessible::installFactory(makeCells);
        return true;
    }();
}

}  // namespace maskscope
