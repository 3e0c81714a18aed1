// The line of switches above the curves.

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QSlider>
#include <QToolButton>

#include "widgets/plots/curves_plot.h"
#include "widgets/plots/curves_view.h"
#include "widgets/plots/figure_export.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kSliderWidthPx = 64;
constexpr int kLeastPlotHeightPx = 80;

}  // namespace

QToolButton* CurvesView::addTool(const QString& text, const QString& help, bool checkable) {
    auto* button = new QToolButton(tools_);
    button->setText(text);
    button->setToolTip(help);
    button->setAccessibleName(text);
    button->setAccessibleDescription(help);
    button->setCheckable(checkable);
    tools_->layout()->addWidget(button);
    return button;
}

QWidget* CurvesView::buildTools() {
    tools_ = new QWidget(this);
    tools_->setProperty(kControlProperty, true);
    auto* layout = new QHBoxLayout(tools_);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(scaled(2));
    scale_ = addTool(tr("pixel error"),
                     tr("Show the squared error of the filled-in pixels, which can be compared with the reference lines, instead of the recipe's own "
                        "loss."),
                     true);
    validation_ = addTool(tr("validation"), tr("Show the loss on the frozen validation images, dashed."), true);
    validation_->setChecked(true);
    logSteps_ = addTool(tr("log x"), tr("Steps on a logarithmic axis: the beginning gets more room."), true);
    logValues_ = addTool(tr("log y"), tr("Losses on a logarithmic axis: late progress gets more room."), true);
    buildMenu();
    layout->addStretch(1);
    smoothingLabel_ = new QLabel(tools_);
    smoothingLabel_->setProperty("role", "label");
    smoothingSlider_ = new QSlider(Qt::Horizontal, tools_);
    smoothingSlider_->setPageStep(1);
    smoothingSlider_->setAccessibleName(tr("Smoothing"));
    smoothingSlider_->setToolTip(tr("Smoothing: an exponential mean over this many steps. Raw values stay visible behind it."));
    layout->addWidget(smoothingLabel_);
    layout->addWidget(smoothingSlider_);
    auto* fitButton = addTool(tr("Fit"), tr("Show all steps and follow the newest one (0)."), false);
    connect(fitButton, &QToolButton::clicked, this, &CurvesView::fit);
    auto* save = addTool(tr("Save as…"), tr("Save as figure (PNG, SVG, PDF) or as numbers (CSV)."), false);
    save->setIcon(icon(QStringLiteral("export")));
    save->setToolButtonStyle(Qt::ToolButtonIconOnly);
    connect(save, &QToolButton::clicked, this, &CurvesView::exportAs);
    return tools_;
}

/// The same switches for narrow areas, where their words do not fit.
void CurvesView::buildMenu() {
    menu_ = addTool(tr("Options"), tr("What the curves show."), false);
    menu_->setIcon(icon(QStringLiteral("more")));
    menu_->setToolButtonStyle(Qt::ToolButtonIconOnly);
    menu_->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(menu_);
    for (QToolButton* button : {scale_, validation_, logSteps_, logValues_}) {
        QAction* action = menu->addAction(button->text());
        action->setCheckable(true);
        connect(action, &QAction::triggered, button, &QToolButton::click);
        connect(menu, &QMenu::aboutToShow, action, [this, action, button] {
            action->setChecked(button->isChecked());
            action->setVisible(button != scale_ || hasScales_);
        });
    }
    menu_->setMenu(menu);
}

void CurvesView::restyle() {
    for (QToolButton* button : tools_->findChildren<QToolButton*>()) {
        button->setFont(maskscope::font(TextStyle::Label));
    }
    smoothingLabel_->setFont(maskscope::font(TextStyle::Label));
    smoothingSlider_->setFixedWidth(scaled(kSliderWidthPx));
    plot_->setMinimumHeight(scaled(kLeastPlotHeightPx));
    layout()->setContentsMargins(scaled(9), scaled(8), scaled(9), scaled(8));
}

}  // namespace maskscope
