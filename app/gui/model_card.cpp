#include "app/gui/model_card.h"

#include <QEvent>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/panels/action_button.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr std::size_t kShownTensors = 12;

QString shown(const std::string& value) { return QString::fromStdString(value); }

QLabel* words(const QString& content, TextStyle style, const char* role = nullptr) {
    auto* label = new QLabel(content);
    label->setFont(font(style));
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    if (role != nullptr) label->setProperty("role", role);
    return label;
}

}  // namespace

ModelCard::ModelCard(QWidget* parent)
    : QWidget(parent), scroll_(new QScrollArea(this)), decoder_(new ActionButton(this)), close_(new ActionButton(this)) {
    setAccessibleName(tr("Identity card of the checkpoint"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    scroll_->setWidgetResizable(true);
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setFocusPolicy(Qt::TabFocus);
    scroll_->setAccessibleName(accessibleName());
    scroll_->viewport()->setAutoFillBackground(false);
    column->addWidget(scroll_, 1);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(scaled(12), scaled(6), scaled(12), scaled(8));
    decoder_->setFace(QStringLiteral("train"), tr("Train a decoder"));
    decoder_->setHelp(tr("Trains a small decoder on this encoder, which stays as it is, with the images that are open; then it reconstructs"));
    close_->setFace(QStringLiteral("close"), tr("Close"));
    close_->setRole(ActionButton::Role::Quiet);
    close_->setHelp(tr("Goes back to the recipe that was being set up"));
    row->addWidget(decoder_);
    row->addStretch(1);
    row->addWidget(close_);
    column->addLayout(row);
    stateLayer_ = new StateLayer(this);
    connect(stateLayer_, &StateLayer::actionTriggered, this, &ModelCard::openRequested);
    connect(decoder_, &ActionButton::clicked, this, [this] {
        if (decoder_->isAvailable()) Q_EMIT decoderRequested();
    });
    connect(close_, &ActionButton::clicked, this, &ModelCard::closeRequested);
    setCheckpoint(nullptr);
}

void ModelCard::setCheckpoint(std::shared_ptr<const OpenedCheckpoint> checkpoint) {
    checkpoint_ = std::move(checkpoint);
    rebuild();
    setState(ViewState::ready());
}

void ModelCard::setState(const ViewState& state) {
    const bool isBare = checkpoint_ == nullptr && state.kind == ViewState::Kind::Ready;
    stateLayer_->setState(isBare ? ViewState::empty(tr("What a checkpoint of another program is, and what can be done with it"),
                                                    tr("Drop a folder from a model hub or a file of weights here."), tr("Open a checkpoint…"))
                                 : state);
    stateLayer_->raise();
}

void ModelCard::rebuild() {
    delete scroll_->takeWidget();
    content_ = new QWidget;
    column_ = new QVBoxLayout(content_);
    column_->setContentsMargins(scaled(12), scaled(10), scaled(12), scaled(10));
    column_->setSpacing(scaled(8));
    close_->setVisible(checkpoint_ != nullptr);
    decoder_->setVisible(checkpoint_ != nullptr && checkpoint_->canGetDecoder());
    if (checkpoint_ != nullptr) {
        const IdentityCard& card = checkpoint_->card;
        column_->addWidget(words(shown(card.title), TextStyle::InspectorTitle));
        column_->addWidget(words(shown(card.source), TextStyle::Label, "label"));
        addFacts(card);
        addSentences(card.works, QStringLiteral("check"), theme().running, tr("works"));
        addSentences(card.worksNot, QStringLiteral("warning"), theme().warning, tr("does not work"));
        addTensors(tr("Tensors that are not used: %1"), card.unexpected);
        addTensors(tr("Tensors that are missing: %1"), card.missing);
    }
    column_->addStretch(1);
    scroll_->setWidget(content_);
    content_->setAutoFillBackground(false);
}

void ModelCard::addFacts(const IdentityCard& card) {
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(scaled(12));
    form->setVerticalSpacing(scaled(3));
    form->setRowWrapPolicy(QFormLayout::DontWrapRows);
    const auto add = [&](const QString& name, const QString& value) {
        form->addRow(words(name, TextStyle::Label, "label"), words(value, TextStyle::Body));
    };
    add(tr("Family"), shown(card.family));
    add(tr("Parameters"), exact(card.parameters));
    for (const IdentityCard::Fact& fact : card.facts) add(shown(fact.name), shown(fact.value));
    column_->addLayout(form);
}

void ModelCard::addSentences(const std::vector<std::string>& sentences, const QString& iconName, const QColor& color, const QString& meaning) {
    for (const std::string& sentence : sentences) {
        auto* row = new QHBoxLayout;
        row->setSpacing(scaled(8));
        auto* sign = new QLabel;
        sign->setPixmap(icon(iconName, color).pixmap(scaled(14), scaled(14)));
        sign->setAccessibleName(meaning);
        sign->setToolTip(meaning);
        row->addWidget(sign, 0, Qt::AlignTop);
        row->addWidget(words(shown(sentence), TextStyle::Body), 1);
        column_->addLayout(row);
    }
}

void ModelCard::addTensors(const QString& title, const std::vector<std::string>& names) {
    if (names.empty()) return;
    column_->addWidget(words(title.arg(exact(static_cast<qint64>(names.size()))), TextStyle::Label, "label"));
    QStringList lines;
    for (std::size_t i = 0; i < std::min(names.size(), kShownTensors); ++i) lines << shown(names[i]);
    if (names.size() > kShownTensors) lines << tr("and %1 more").arg(exact(static_cast<qint64>(names.size() - kShownTensors)));
    column_->addWidget(words(lines.join(QLatin1Char('\n')), TextStyle::Code));
}

QString ModelCard::text() const {
    QStringList lines;
    for (const QLabel* label : content_->findChildren<QLabel*>())
        if (!label->text().isEmpty()) lines << label->text();
    return lines.join(QLatin1Char('\n'));
}

void ModelCard::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && content_ != nullptr) rebuild();
    QWidget::changeEvent(event);
}

}  // namespace maskscope
