#include "widgets/panels/recipe_card.h"

#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kPicturePx = 56;

}  // namespace

RecipeCard::RecipeCard(const QString& iconName, const QString& name, QWidget* picture, QWidget* parent)
    : QFrame(parent), column_(new QVBoxLayout(this)), text_(new QVBoxLayout), iconName_(iconName), picture_(picture) {
    setProperty("role", "card");
    setAccessibleName(name);
    column_->setContentsMargins(scaled(7), scaled(2), scaled(7), scaled(6));
    column_->setSpacing(scaled(2));
    buildHeader(iconName, name);

    auto* row = new QHBoxLayout;
    row->setSpacing(scaled(8));
    row->addWidget(picture, 0, Qt::AlignTop);
    text_->setSpacing(scaled(1));
    title_ = new QLabel(this);
    lines_ = new QLabel(this);
    lines_->setProperty("role", "label");
    lines_->setWordWrap(true);
    title_->setWordWrap(true);
    lines_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    text_->addWidget(title_);
    text_->addWidget(lines_, 1);
    row->addLayout(text_, 1);
    column_->addLayout(row);
    applyScale();
}

void RecipeCard::buildHeader(const QString&, const QString& name) {
    auto* header = new QHBoxLayout;
    header->setSpacing(scaled(6));
    icon_ = new QLabel(this);
    name_ = new QLabel(name, this);
    tag_ = new QLabel(this);
    chevron_ = new QToolButton(this);
    chevron_->setCheckable(true);
    chevron_->setProperty("role", "chevron");
    chevron_->setAccessibleName(tr("More of %1").arg(name));
    chevron_->setToolTip(tr("All settings of this part"));
    connect(chevron_, &QToolButton::clicked, this, [this](bool on) { setOpen(on); });
    header->addWidget(icon_);
    header->addWidget(name_);
    header->addWidget(tag_);
    header->addStretch(1);
    header->addWidget(chevron_);
    column_->addLayout(header);
    tag_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    tag_->hide();
}

void RecipeCard::applyScale() {
    icon_->setPixmap(icon(iconName_).pixmap(QSize(scaled(15), scaled(15)), devicePixelRatioF()));
    name_->setFont(maskscope::font(TextStyle::AreaTitle));
    tag_->setFont(maskscope::font(TextStyle::Tag));
    title_->setFont(maskscope::font(TextStyle::Button));
    lines_->setFont(maskscope::font(TextStyle::Label));
    picture_->setFixedSize(scaled(kPicturePx), scaled(kPicturePx));
    chevron_->setFixedSize(scaled(24), scaled(20));
    chevron_->setIcon(icon(open_ ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right")));
}

void RecipeCard::setTag(Tag tag) {
    tagKind_ = tag;
    tag_->setVisible(tag != Tag::None);
    tag_->setText(tag == Tag::Live ? tr("live") : tr("fork"));
    tag_->setProperty("role", tag == Tag::Live ? "tag-live" : "tag-fork");
    tag_->setToolTip(tag == Tag::Live ? tr("Changes here apply to the running training from the next step on")
                                      : tr("A run that has started keeps these settings; changing one offers a fork, a new run from a checkpoint"));
    tag_->style()->polish(tag_);
}

void RecipeCard::setSummary(const CardSummary& summary) {
    const bool sameRows = summary.settings.size() == summary_.settings.size();
    summary_ = summary;
    title_->setText(summary.title);
    lines_->setText(summary.lines.join(QLatin1Char('\n')));
    setAccessibleDescription((QStringList(summary.title) + summary.lines).join(QStringLiteral(", ")));
    if (open_ || !sameRows) showSettings();
}

void RecipeCard::setTitleControl(QWidget* control) {
    text_->insertWidget(0, control);
    titleControl_ = control;
    setTitleControlShown(true);
}

void RecipeCard::setTitleControlShown(bool shown) {
    titleControl_->setVisible(shown);
    title_->setVisible(!shown);
}

void RecipeCard::addControl(QWidget* control) { column_->addWidget(control); }

void RecipeCard::setOpen(bool open) {
    if (open == open_) return;
    open_ = open;
    chevron_->setChecked(open);
    applyScale();
    showSettings();
    if (open) Q_EMIT opened();
}

void RecipeCard::setChosen(bool chosen) {
    if (property("chosen").toBool() == chosen) return;
    setProperty("chosen", chosen);
    style()->unpolish(this);
    style()->polish(this);
}

QString RecipeCard::name() const { return name_->text(); }

bool RecipeCard::matches(const QString& words) const {
    QString all = name() + QLatin1Char(' ') + summary_.title + QLatin1Char(' ') + summary_.lines.join(QLatin1Char(' '));
    for (const SettingRow& row : summary_.settings) all += QLatin1Char(' ') + row.key + QLatin1Char(' ') + row.help;
    for (const QString& word : words.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        if (!all.contains(word, Qt::CaseInsensitive)) return false;
    }
    return true;
}

void RecipeCard::showSettings() {
    delete settings_;
    settings_ = nullptr;
    if (!open_) return;
    settings_ = new QWidget(this);
    auto* rows = new QGridLayout(settings_);
    rows->setContentsMargins(0, scaled(2), 0, 0);
    rows->setVerticalSpacing(scaled(3));
    rows->setColumnStretch(0, 3);
    rows->setColumnStretch(1, 2);
    int line = 0;
    for (const SettingRow& row : summary_.settings) {
        const QString shortKey = row.key.section(QLatin1Char('.'), 1);
        auto* label = new QLabel(shortKey.isEmpty() ? row.key : shortKey, settings_);
        label->setFont(maskscope::font(TextStyle::Label));
        label->setProperty("role", "label");
        const QString help = row.range.isEmpty() ? row.help : tr("%1 (%2)").arg(row.help, row.range);
        label->setToolTip(tr("%1 — %2").arg(row.key, help));
        auto* edit = new QLineEdit(row.value, settings_);
        edit->setFont(maskscope::font(TextStyle::Label));
        edit->setToolTip(label->toolTip());
        edit->setAccessibleName(row.key);
        edit->setAccessibleDescription(help);
        edit->setCursorPosition(0);
        connect(edit, &QLineEdit::editingFinished, this, [this, edit, row] {
            if (edit->text() != row.value) Q_EMIT settingEdited(row.key, edit->text());
        });
        label->setBuddy(edit);
        rows->addWidget(label, line, 0);
        rows->addWidget(edit, line++, 1);
    }
    if (line == 0) {
        auto* none = new QLabel(tr("Nothing to set here"), settings_);
        none->setProperty("role", "label");
        rows->addWidget(none, 0, 0);
    }
    column_->addWidget(settings_);
}

void RecipeCard::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && title_ != nullptr) {
        applyScale();
        QMetaObject::invokeMethod(this, &RecipeCard::showSettings, Qt::QueuedConnection);  // Qt goes through all widgets now: none may vanish
    }
    QFrame::changeEvent(event);
}

void RecipeCard::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && event->position().y() < scaled(28)) setOpen(!open_);
    QFrame::mouseReleaseEvent(event);
}

}  // namespace maskscope
