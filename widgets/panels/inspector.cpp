#include "widgets/panels/inspector.h"

#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/panels/action_button.h"
#include "widgets/panels/card_pictures.h"
#include "widgets/plots/histogram_view.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

QLabel* labelOf(const QString& text, TextStyle style, const char* role, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setFont(maskscope::font(style));
    if (role != nullptr) label->setProperty("role", role);
    label->setWordWrap(true);
    return label;
}

}  // namespace

Inspector::Inspector(QWidget* parent) : QFrame(parent) {
    setProperty("role", "column");
    setAccessibleName(tr("Inspector"));
    setProperty("helpPage", "inspector");
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(scaled(12), scaled(10), scaled(6), scaled(10));
    column->setSpacing(scaled(8));
    auto* heading = new QHBoxLayout;
    auto* names = new QVBoxLayout;
    names->setSpacing(0);
    kind_ = new QLabel(this);
    kind_->setProperty("role", "label");
    title_ = new QLabel(this);
    title_->setWordWrap(true);
    names->addWidget(kind_);
    names->addWidget(title_);
    heading->addLayout(names, 1);
    copy_ = new QToolButton(this);
    copy_->setIcon(icon(QStringLiteral("copy")));
    copy_->setToolTip(tr("Copy what stands here as text"));
    copy_->setAccessibleName(tr("Copy as text"));
    connect(copy_, &QToolButton::clicked, this, [this] { Q_EMIT copyRequested(plainText()); });
    heading->addWidget(copy_, 0, Qt::AlignTop);
    column->addLayout(heading);

    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->viewport()->setAutoFillBackground(false);
    auto* inside = new QWidget(scroll);
    body_ = new QVBoxLayout(inside);
    body_->setContentsMargins(0, 0, scaled(6), 0);
    body_->addStretch(1);
    scroll->setWidget(inside);
    inside->setAutoFillBackground(false);  // setWidget turned it on
    column->addWidget(scroll, 1);
    action_ = new ActionButton(this);
    action_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(action_, &ActionButton::clicked, this, &Inspector::actionTriggered);
    column->addWidget(action_);
    setEmpty(tr("Nothing selected"), tr("Click a patch, a head, a run or a checkpoint: its numbers appear here."));
}

void Inspector::setContent(const InspectorContent& content) {
    content_ = content;
    rebuild();
}

void Inspector::setEmpty(const QString& title, const QString& hint) {
    content_ = {};
    content_.title = title;
    content_.words = hint;
    rebuild();
}

void Inspector::rebuild() {
    kind_->setFont(maskscope::font(TextStyle::Label));
    title_->setFont(maskscope::font(TextStyle::InspectorTitle));
    kind_->setText(content_.kind);
    kind_->setVisible(!content_.kind.isEmpty());
    title_->setText(content_.title);
    copy_->setVisible(!content_.rows.empty());
    action_->setVisible(!content_.action.isEmpty());
    action_->setFace({}, content_.action);
    delete inside_;
    inside_ = new QWidget;
    auto* column = new QVBoxLayout(inside_);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(scaled(8));
    addPictures(column);
    addRows(column);
    addHistogram(column);
    addWords(column);
    body_->insertWidget(0, inside_);
}

void Inspector::addPictures(QVBoxLayout* column) {
    if (content_.pictures.empty()) return;
    auto* grid = new QGridLayout;
    grid->setSpacing(scaled(3));
    int index = 0;
    for (const InspectorContent::Picture& picture : content_.pictures) {
        auto* well = new ImageWell(inside_);
        well->setImage(picture.image);
        well->setFixedSize(scaled(60), scaled(60));
        well->setAccessibleName(picture.caption);
        grid->addWidget(well, 0, index);
        grid->addWidget(labelOf(picture.caption, TextStyle::Label, "label", inside_), 1, index++);
    }
    grid->setColumnStretch(index, 1);
    column->addLayout(grid);
}

void Inspector::addRows(QVBoxLayout* column) {
    for (const InspectorContent::Row& row : content_.rows) {
        auto* line = new QHBoxLayout;
        line->addWidget(labelOf(row.name, TextStyle::Label, "label", inside_), 1);
        auto* value = labelOf(row.value, TextStyle::Body, nullptr, inside_);
        value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        line->addWidget(value, row.unit.isEmpty() ? 1 : 0);
        if (!row.unit.isEmpty()) {
            auto* unit = labelOf(row.unit, TextStyle::Label, "unit", inside_);
            unit->setWordWrap(false);
            line->addWidget(unit);
        }
        value->setToolTip(row.help);
        column->addLayout(line);
        auto* separator = new QFrame(inside_);
        separator->setProperty("role", "line");
        column->addWidget(separator);
        column->setSpacing(scaled(3));
    }
}

void Inspector::addHistogram(QVBoxLayout* column) {
    if (content_.values.empty()) return;
    column->addSpacing(scaled(6));
    auto* histogram = new HistogramView(inside_);
    histogram->setTitle(content_.valuesTitle);
    histogram->setValues(content_.values);
    histogram->setMarked(content_.marked, content_.markedName);
    histogram->setFixedHeight(scaled(96));
    column->addWidget(histogram);
}

void Inspector::addWords(QVBoxLayout* column) {
    if (content_.words.isEmpty()) return;
    column->addSpacing(scaled(6));
    if (!content_.rows.empty()) column->addWidget(labelOf(tr("In plain words"), TextStyle::Label, "label", inside_));
    column->addWidget(labelOf(content_.words, TextStyle::Body, content_.rows.empty() ? "label" : nullptr, inside_));
}

QString Inspector::plainText() const {
    QStringList lines{content_.kind + QLatin1Char(' ') + content_.title};
    for (const InspectorContent::Row& row : content_.rows) lines << QStringLiteral("%1\t%2 %3").arg(row.name, row.value, row.unit).trimmed();
    if (!content_.words.isEmpty()) lines << content_.words;
    return lines.join(QLatin1Char('\n'));
}

void Inspector::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && action_ != nullptr)
        QMetaObject::invokeMethod(this, &Inspector::rebuild, Qt::QueuedConnection);  // Qt goes through all widgets now: none may vanish
    QFrame::changeEvent(event);
}

}  // namespace maskscope
