#include "widgets/theme/palette.h"

namespace maskscope {
namespace {

// Roles are set as the dynamic property `role`; `unavailable` marks controls that stay focusable and say why they cannot act.
const char* const kControls = R"(
* { outline: none; }
QToolTip { color: @text; background: @raised; border: 1px solid @ctlborder; padding: $4; }

QPushButton { color: @text; background: @raised; border: 1px solid @ctlborder; border-radius: $4; padding: 0 $10; min-height: $26; }
QPushButton:hover { background: @hover; }
QPushButton:pressed, QPushButton:checked { background: @sel; border-color: @accent; }
QPushButton[role="primary"] { color: @onaccent; background: @accent; border-color: @accent; font-weight: 600; }
QPushButton[role="primary"]:hover { border-color: @text; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; }
QPushButton[role="quiet"]:hover { background: @hover; }
QPushButton:disabled, QPushButton[unavailable="true"] { color: @disabled; background: transparent; border: 1px dashed @ctlborder; font-weight: 500; }

QToolButton { color: @text; background: transparent; border: 1px solid transparent; border-radius: $4; padding: $2; min-width: $20; min-height: $20; }
QToolButton:hover { background: @hover; }
QToolButton:pressed { background: @sel; }
QToolButton:checked { background: @sel; border-color: @accent; }
QToolButton:disabled, QToolButton[unavailable="true"] { color: @disabled; }
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton[role="chevron"] { padding: 0; min-height: $16; border: none; }
QToolButton[role="chevron"]:checked { background: transparent; }
QToolButton[role="title"] { font-weight: 600; padding: 0 $4; }
QToolButton[role="segment"] { background: @raised; border: 1px solid @ctlborder; border-radius: 0; padding: 0 $8; margin-left: -1px; min-height: $24; }
QToolButton[role="segment"]:hover { background: @hover; }
QToolButton[role="segment"]:checked { background: @sel; border-color: @accent; }
QToolButton[role="segment"][end="first"] { border-top-left-radius: $4; border-bottom-left-radius: $4; margin-left: 0; }
QToolButton[role="segment"][end="last"] { border-top-right-radius: $4; border-bottom-right-radius: $4; }
QToolButton[role="segment"][end="only"] { border-radius: $4; margin-left: 0; }

QLineEdit, QComboBox, QAbstractSpinBox { color: @text; background: @window; border: 1px solid @ctlborder; border-radius: $4; padding: 0 $6; min-height: $24;
    selection-background-color: @sel; selection-color: @text; }
QComboBox { background: @raised; }
QComboBox:hover { background: @hover; }
QComboBox::drop-down { border: none; width: $20; subcontrol-origin: padding; subcontrol-position: center right; }
QComboBox::down-arrow { image: url(IMAGES/chevron-down.svg); width: $12; height: $12; }
QComboBox QAbstractItemView { color: @text; background: @raised; border: 1px solid @ctlborder; selection-background-color: @sel; selection-color: @text; outline: none; }
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled, QComboBox[unavailable="true"] { color: @disabled; background: transparent; border-style: dashed; }

QSlider { background: transparent; min-height: $20; }
QSlider::groove:horizontal { height: $4; background: @window; border: 1px solid @ctlborder; border-radius: $3; }
QSlider::sub-page:horizontal { background: @accent; border: 1px solid @accent; border-radius: $3; }
QSlider::handle:horizontal { width: $12; height: $12; margin: -$5 0; background: @text; border: 1px solid @ctlborder; border-radius: $7; }
QSlider::handle:horizontal:hover { border-color: @accent; }
QSlider::sub-page:horizontal:disabled { background: @disabled; border-color: @disabled; }

QProgressBar { background: @window; border: 1px solid @ctlborder; border-radius: $2; max-height: $4; min-height: $4; }
QProgressBar::chunk { background: @accent; }
QCheckBox, QRadioButton { color: @text; background: transparent; spacing: $6; }
QCheckBox::indicator, QRadioButton::indicator { width: $12; height: $12; border: 1px solid @ctlborder; background: @window; border-radius: $3; }
QRadioButton::indicator { border-radius: $7; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked { background: @accent; border-color: @accent; }
QCheckBox::indicator:checked { image: url(IMAGES/check.svg); }
QCheckBox:disabled, QRadioButton:disabled { color: @disabled; }
)";

const char* const kContainers = R"(
QMenu { color: @text; background: @raised; border: 1px solid @ctlborder; padding: $4 0; }
QMenu::item { padding: $4 $24 $4 $12; }
QMenu::item:selected { background: @sel; }
QMenu::item:disabled { color: @disabled; background: transparent; }
QMenu::separator { height: 1px; background: @border; margin: $4 0; }
QMenu::icon { padding-left: $8; }

QScrollArea, QAbstractScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: $10; margin: 0; }
QScrollBar:horizontal { background: transparent; height: $10; margin: 0; }
QScrollBar::handle { background: @ctlborder; border-radius: $3; margin: $2; }
QScrollBar::handle:vertical { min-height: $24; }
QScrollBar::handle:horizontal { min-width: $24; }
QScrollBar::handle:hover { background: @text3; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QSplitter { background: @window; }
QSplitter::handle { background: @window; }
QSplitter::handle:hover { background: @accent; }

QTabBar { background: transparent; }
QTabBar::tab { color: @text2; background: transparent; border: 1px solid transparent; border-bottom: $2 solid transparent; padding: 0 $8; min-height: $22; }
QTabBar::tab:selected { color: @text; border-bottom-color: @accent; }
QTabBar::tab:hover { background: @hover; }
QTabWidget::pane { border: none; }

QTableView, QTreeView, QListView { color: @text; background: @window; alternate-background-color: @panel; border: 1px solid @border; border-radius: $4;
    gridline-color: @border; selection-background-color: @sel; selection-color: @text; }
QListView::item { padding: $4 $6; }
QHeaderView { background: @panel; }
QHeaderView::section { color: @text2; background: @panel; border: none; border-bottom: 1px solid @border; padding: $2 $6; }
QTextBrowser, QPlainTextEdit { color: @text; background: @window; border: 1px solid @border; border-radius: $4; }
QTextBrowser[role="plain"] { background: transparent; border: none; border-radius: 0; }

QFrame[role="bar"] { background: @panel; border: none; border-bottom: 1px solid @border; }
QFrame[role="foot"] { background: @window; border: none; border-top: 1px solid @border; }
QFrame[role="column"] { background: @panel; border: none; }
QFrame[role="area"] { background: @panel; border: 1px solid @border; border-radius: $4; }
QFrame[role="area-header"] { background: transparent; border: none; border-bottom: 1px solid @border; border-radius: 0; }
QFrame[role="card"] { background: @raised; border: 1px solid @border; border-radius: $6; }
QFrame[role="card"][chosen="true"] { background: @sel; border-color: @accent; }
QFrame[role="drop"] { background: @panel; border: 1px dashed @ctlborder; border-radius: $6; }
QFrame[role="drop"][chosen="true"] { background: @sel; border-color: @accent; }
QFrame[role="palette"] { background: @panel; border: 1px solid @accent; border-radius: $6; }
QFrame[role="line"] { background: @border; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="divider"] { background: @border; border: none; max-width: 1px; min-width: 1px; }

QLabel { background: transparent; color: @text; }
QLabel[role="label"] { color: @text2; }
QLabel[role="unit"] { color: @text2; }
QLabel[role="warning"] { color: @warning; }
QLabel[role="error"] { color: @error; }
QLabel[role="stale"] { color: @paused; }
QLabel[role="tag-live"] { color: @live; border: 1px solid @live; border-radius: $3; padding: 0 $3; }
QLabel[role="tag-fork"] { color: @text2; border: 1px solid @ctlborder; border-radius: $3; padding: 0 $3; }
QLabel[role="key"] { color: @text; border: 1px solid @ctlborder; border-radius: $3; padding: 0 $4; }
)";

}  // namespace

QString styleSheetOf(const ThemeTokens& tokens, int scalePercent, const QString& imageFolder) {
    const QString text = QString::fromLatin1(kControls) + QString::fromLatin1(kContainers);
    return fillStyleTemplate(text, tokens, scalePercent).replace(QStringLiteral("IMAGES/"), imageFolder + QLatin1Char('/'));
}

}  // namespace maskscope
