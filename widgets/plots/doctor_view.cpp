#include "widgets/plots/doctor_view.h"

#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>
#include <cmath>

#include "widgets/plots/numbers.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

enum class Sign { Dot, Ring, Triangle, Octagon };

/// Every meaning has its shape, colour never stands alone.
QPixmap signPixmap(Sign sign, const QColor& color, int side, qreal ratio) {
    QPixmap pixmap(QSize(side, side) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    const double middle = side / 2.0;
    const double radius = side / 2.0 - 1.0;
    painter.setPen(sign == Sign::Ring ? QPen(color, 1.5) : QPen(Qt::NoPen));
    painter.setBrush(sign == Sign::Ring ? QBrush(Qt::NoBrush) : QBrush(color));
    QPolygonF corners;
    if (sign == Sign::Triangle) {
        corners << QPointF(middle, 1.0) << QPointF(side - 0.5, side - 1.5) << QPointF(0.5, side - 1.5);
    } else if (sign == Sign::Octagon) {
        for (int i = 0; i < 8; ++i) {
            const double angle = (i + 0.5) * 3.14159265358979 / 4.0;
            corners << QPointF(middle + radius * 1.06 * std::cos(angle), middle + radius * 1.06 * std::sin(angle));
        }
    }
    if (corners.isEmpty()) {
        painter.drawEllipse(QPointF(middle, middle), radius * 0.7, radius * 0.7);
    } else {
        painter.drawPolygon(corners);
    }
    return pixmap;
}

struct Look {
    Sign sign;
    QColor color;
};

Look lookOf(Verdict verdict) {
    switch (verdict) {
        case Verdict::Learning:
            return {Sign::Dot, theme().running};
        case Verdict::TooEarly:
            return {Sign::Ring, theme().text2};
        case Verdict::Stalled:
            return {Sign::Triangle, theme().warning};
        case Verdict::Collapsing:
            return {Sign::Triangle, theme().warning};
        case Verdict::Diverged:
            return {Sign::Octagon, theme().error};
    }
    return {Sign::Ring, theme().text2};
}

Look lookOf(HealthFinding::Kind kind) {
    switch (kind) {
        case HealthFinding::Kind::Good:
            return {Sign::Dot, theme().running};
        case HealthFinding::Kind::Notice:
            return {Sign::Triangle, theme().warning};
        case HealthFinding::Kind::Trouble:
            return {Sign::Octagon, theme().error};
    }
    return {Sign::Ring, theme().text2};
}

QString kindName(HealthFinding::Kind kind) {
    switch (kind) {
        case HealthFinding::Kind::Good:
            return DoctorView::tr("good");
        case HealthFinding::Kind::Notice:
            return DoctorView::tr("notice");
        case HealthFinding::Kind::Trouble:
            return DoctorView::tr("trouble");
    }
    return {};
}

QLabel* words(const QString& text, TextStyle style, const char* role = nullptr) {
    auto* label = new QLabel(text);
    label->setFont(font(style));
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    if (role != nullptr) {
        label->setProperty("role", role);
    }
    return label;
}

QString evidenceText(const Evidence& evidence) {
    const QString unit = evidence.unit.empty() ? QString() : QChar(kThinGap) + QString::fromStdString(evidence.unit);
    return significant(evidence.value) + unit;
}

/// Sign and sentence, its numbers below.
QWidget* findingWidget(const HealthFinding& finding, qreal ratio) {
    auto* widget = new QWidget;
    auto* grid = new QGridLayout(widget);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(scaled(8));
    grid->setVerticalSpacing(scaled(2));
    grid->setColumnStretch(1, 1);
    const Look look = lookOf(finding.kind);
    auto* sign = new QLabel;
    sign->setPixmap(signPixmap(look.sign, look.color, scaled(14), ratio));
    sign->setAccessibleName(kindName(finding.kind));
    sign->setToolTip(kindName(finding.kind));
    sign->setContentsMargins(0, scaled(2), 0, 0);
    grid->addWidget(sign, 0, 0, Qt::AlignTop);
    grid->addWidget(words(QString::fromStdString(finding.sentence), TextStyle::Body), 0, 1, 1, 2);
    int row = 1;
    for (const Evidence& evidence : finding.evidence) {
        grid->addWidget(words(QString::fromStdString(evidence.name), TextStyle::Label, "label"), row, 1);
        QString value = evidenceText(evidence);
        if (evidence.usual) {
            value += QStringLiteral("  ") + DoctorView::tr("(vs %1)").arg(significant(*evidence.usual));
        }
        auto* number = words(value, TextStyle::Label);
        number->setWordWrap(false);
        number->setAlignment(Qt::AlignRight | Qt::AlignTop);
        grid->addWidget(number, row++, 2);
    }
    return widget;
}

}  // namespace

QString verdictName(Verdict verdict) {
    switch (verdict) {
        case Verdict::TooEarly:
            return DoctorView::tr("Too early to say");
        case Verdict::Learning:
            return DoctorView::tr("Learning");
        case Verdict::Stalled:
            return DoctorView::tr("Stalled");
        case Verdict::Collapsing:
            return DoctorView::tr("Collapsing");
        case Verdict::Diverged:
            return DoctorView::tr("Diverged");
    }
    return {};
}

DoctorView::DoctorView(QWidget* parent) : QWidget(parent) {
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setAccessibleName(tr("Findings"));
    auto* page = new QWidget(scroll);
    outer->addWidget(scroll);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(scaled(9), scaled(9), scaled(9), scaled(9));
    layout->setSpacing(scaled(6));
    auto* head = new QHBoxLayout;
    head->setSpacing(scaled(8));
    icon_ = new QLabel(this);
    verdict_ = new QLabel(this);
    head->addWidget(icon_);
    head->addWidget(verdict_, 1);
    layout->addLayout(head);
    sentence_ = new QLabel(this);
    sentence_->setWordWrap(true);
    sentence_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(sentence_);
    findings_ = new QWidget(this);
    findingsLayout_ = new QVBoxLayout(findings_);
    findingsLayout_->setContentsMargins(0, scaled(4), 0, scaled(4));
    findingsLayout_->setSpacing(scaled(8));
    layout->addWidget(findings_);
    rollBack_ = new QPushButton(this);
    layout->addWidget(rollBack_, 0, Qt::AlignLeft);
    checkLeaks_ = new QPushButton(tr("Check for leaks"), this);
    checkLeaks_->setToolTip(tr("Changes what the masks hide and looks whether predictions move: they must not."));
    layout->addWidget(checkLeaks_, 0, Qt::AlignLeft);
    connect(checkLeaks_, &QPushButton::clicked, this, &DoctorView::leakCheckRequested);
    layout->addStretch(1);
    scroll->setWidget(page);
    page->setAutoFillBackground(false);
    scroll->viewport()->setAutoFillBackground(false);
    connect(rollBack_, &QPushButton::clicked, this, [this] {
        if (rollBackEnabled_ && health_ && health_->suggestedStep) {
            Q_EMIT rollBackRequested(*health_->suggestedStep);
        }
    });
    setAccessibleName(tr("Doctor"));
    rebuild();
}

void DoctorView::setHealth(std::shared_ptr<const HealthRecord> health) {
    health_ = std::move(health);
    rebuild();
}

void DoctorView::setLeaks(std::shared_ptr<const LeakRecord> leaks, const QString& problem) {
    leaks_ = std::move(leaks);
    leakProblem_ = problem;
    rebuild();
}

void DoctorView::addFinding(const HealthFinding& finding) {
    QWidget* widget = findingWidget(finding, devicePixelRatioF());
    findingsLayout_->addWidget(widget);
    widget->show();  // at once: the layout would do it a frame later, which flickers
}

void DoctorView::setRollBackEnabled(bool enabled, const QString& reason) {
    rollBackEnabled_ = enabled;
    rollBackReason_ = reason;
    updateButton();
}

void DoctorView::rebuild() {
    const Look look = health_ ? lookOf(health_->verdict) : Look{Sign::Ring, theme().text2};
    icon_->setPixmap(signPixmap(look.sign, look.color, scaled(16), devicePixelRatioF()));
    verdict_->setFont(maskscope::font(TextStyle::InspectorTitle));
    verdict_->setText(health_ ? verdictName(health_->verdict) : tr("No verdict yet"));
    sentence_->setFont(maskscope::font(TextStyle::Body));
    sentence_->setText(health_ ? QString::fromStdString(health_->sentence)
                               : tr("The doctor watches loss, gradients and features while a run trains. Start training, or open a run."));
    setAccessibleDescription(verdict_->text() + QStringLiteral(". ") + sentence_->text());
    while (QLayoutItem* item = findingsLayout_->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    if (health_) {
        for (const HealthFinding& finding : health_->findings) addFinding(finding);
    }
    if (leaks_) {
        auto* heading = words(tr("Leak check at step %1").arg(exact(leaks_->step)), TextStyle::Label, "label");
        findingsLayout_->addWidget(heading);
        heading->show();
        for (const HealthFinding& finding : leaks_->findings) addFinding(finding);
    } else if (!leakProblem_.isEmpty()) {
        addFinding({HealthFinding::Kind::Notice, leakProblem_.toStdString(), {}});
    }
    findings_->setVisible(findingsLayout_->count() > 0);
    findingsLayout_->activate();
    updateButton();
}

/// A button that cannot act stays in the focus order and says why.
void DoctorView::updateButton() {
    const bool hasStep = health_ && health_->suggestedStep;
    rollBack_->setVisible(hasStep);
    rollBack_->setText(hasStep ? tr("Go back to %1").arg(exact(*health_->suggestedStep)) : QString());
    rollBack_->setToolTip(rollBackEnabled_ ? tr("Takes up training again from the checkpoint of that step.") : rollBackReason_);
    rollBack_->setAccessibleDescription(rollBack_->toolTip());
    rollBack_->setProperty("unavailable", !rollBackEnabled_);
    rollBack_->style()->unpolish(rollBack_);
    rollBack_->style()->polish(rollBack_);
}

void DoctorView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (isThemeChange(event)) {
        QMetaObject::invokeMethod(this, &DoctorView::rebuild, Qt::QueuedConnection);  // Qt goes through all widgets now: none may vanish
    }
}

}  // namespace maskscope
