#pragma once

#include <QAbstractButton>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QButtonGroup>
#include <QComboBox>
#include <QLineEdit>
#include <QPointer>
#include <QScrollBar>
#include <QSet>
#include <QtTest>
#include <algorithm>

namespace maskscope::testing {

inline QString nameFor(QWidget* widget) {
    QAccessibleInterface* face = QAccessible::queryAccessibleInterface(widget);
    return face == nullptr ? QString() : face->text(QAccessible::Name);
}

/// A path of class names, so that a failure says where to look.
inline QString placeOf(const QWidget* widget) {
    QStringList path;
    for (; widget != nullptr; widget = widget->parentWidget()) path.prepend(QString::fromLatin1(widget->metaObject()->className()));
    return path.join(QLatin1Char('/'));
}

inline bool isControl(const QWidget* widget) {
    if (qobject_cast<const QScrollBar*>(widget) != nullptr) return false;
    const bool acts = qobject_cast<const QAbstractButton*>(widget) || qobject_cast<const QAbstractSlider*>(widget) ||
                      qobject_cast<const QComboBox*>(widget) || qobject_cast<const QLineEdit*>(widget) ||
                      qobject_cast<const QAbstractSpinBox*>(widget);
    return acts || (widget->focusPolicy() & Qt::TabFocus) != 0;
}

/// Inside of a control that speaks for it: the line of a spin box, the buttons of a table's corner.
inline bool isPartOfControl(const QWidget* widget) {
    for (const QWidget* parent = widget->parentWidget(); parent != nullptr; parent = parent->parentWidget()) {
        if (qobject_cast<const QAbstractSpinBox*>(parent) || qobject_cast<const QComboBox*>(parent) || qobject_cast<const QLineEdit*>(parent) ||
            QLatin1String(parent->metaObject()->className()) == QLatin1String("QTableView"))
            return true;
    }
    return false;
}

/// What keeps a part of the window from somebody who does not see it: controls without a name, disabled ones that do not say why, cells
/// without a name.
inline QStringList accessibilityProblems(QWidget& root) {
    QStringList problems;
    QList<QWidget*> all = root.findChildren<QWidget*>();
    all << &root;
    for (QWidget* widget : all) {
        if (!widget->isVisible() || !isControl(widget) || isPartOfControl(widget)) continue;
        if (nameFor(widget).isEmpty()) problems << QStringLiteral("no name: ") + placeOf(widget);
        const QString reason = widget->toolTip() + widget->accessibleDescription();
        if (!widget->isEnabledTo(widget->parentWidget()) && reason.isEmpty())
            problems << QStringLiteral("disabled without a reason: ") + nameFor(widget) + QStringLiteral(" in ") + placeOf(widget);
        QAccessibleInterface* face = QAccessible::queryAccessibleInterface(widget);
        if (widget->inherits("QAbstractItemView")) face = nullptr;  // its cells are the model's, its corner is Qt's
        for (int i = 0; face != nullptr && i < face->childCount(); ++i) {
            QAccessibleInterface* child = face->child(i);
            if (child != nullptr && child->object() == nullptr && child->text(QAccessible::Name).isEmpty())
                problems << QStringLiteral("cell %1 without a name: ").arg(i) + placeOf(widget);
        }
    }
    return problems;
}

/// The buttons of which one alone is chosen, this one among them; empty: it is none of such.
inline QList<QAbstractButton*> exclusiveGroupOf(QWidget* widget) {
    auto* button = qobject_cast<QAbstractButton*>(widget);
    if (button == nullptr || !button->isCheckable()) return {};
    if (button->group() != nullptr) return button->group()->exclusive() ? button->group()->buttons() : QList<QAbstractButton*>();
    if (!button->autoExclusive()) return {};
    QList<QAbstractButton*> group = button->parentWidget()->findChildren<QAbstractButton*>(QString(), Qt::FindDirectChildrenOnly);
    group.removeIf([](QAbstractButton* each) { return !each->isCheckable() || !each->autoExclusive() || each->group() != nullptr; });
    return group;
}

/// The buttons that arrow keys reach from one of an exclusive group; what was chosen is chosen again.
inline QSet<QWidget*> reachedByArrows(QAbstractButton* stop) {
    QSet<QWidget*> seen;
    const QList<QAbstractButton*> group = exclusiveGroupOf(stop);
    const auto chosen = std::find_if(group.begin(), group.end(), [](QAbstractButton* each) { return each->isChecked(); });
    const QPointer<QAbstractButton> before = chosen == group.end() ? nullptr : *chosen;
    stop->setFocus(Qt::TabFocusReason);
    for (const Qt::Key key : {Qt::Key_Left, Qt::Key_Right})
        for (qsizetype i = 0; i < group.size() && QApplication::focusWidget() != nullptr; ++i) {
            QTest::keyClick(QApplication::focusWidget(), key);
            seen.insert(QApplication::focusWidget());
        }
    if (before != nullptr) before->click();
    return seen;
}

/// What keys do not reach: Tab, going round once, and arrow keys within groups of which one button is chosen. Needs an active window.
inline QStringList unreachedByKeys(QWidget& window) {
    QList<QPointer<QWidget>> wanted;
    for (QWidget* widget : window.findChildren<QWidget*>()) {
        const bool takesTab = (widget->focusPolicy() & Qt::TabFocus) == Qt::TabFocus || !exclusiveGroupOf(widget).isEmpty();
        if (takesTab && widget->isVisible() && widget->isEnabled() && widget->focusProxy() == nullptr && !isPartOfControl(widget)) wanted << widget;
    }
    QSet<QWidget*> seen;
    const auto turns = 2 * wanted.size() + 20;
    for (qsizetype i = 0; i < turns && QApplication::focusWidget() != nullptr; ++i) {
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        seen.insert(QApplication::focusWidget());
    }
    // Innermost first: to choose another page takes away what is on this one
    std::sort(wanted.begin(), wanted.end(), [](QWidget* a, QWidget* b) { return placeOf(a).count('/') > placeOf(b).count('/'); });
    QStringList missed;
    for (const QPointer<QWidget>& widget : wanted) {
        if (widget == nullptr || seen.contains(widget)) continue;
        for (QAbstractButton* each : exclusiveGroupOf(widget)) {
            if (!seen.contains(each)) continue;
            seen.unite(reachedByArrows(each));
            break;
        }
        if (widget != nullptr && !seen.contains(widget)) missed << nameFor(widget) + QStringLiteral(" in ") + placeOf(widget);
    }
    return missed;
}

}  // namespace maskscope::testing
