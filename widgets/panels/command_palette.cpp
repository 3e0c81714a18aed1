#include "widgets/panels/command_palette.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kWidthPx = 560, kHeightPx = 380, kRowPx = 28;
constexpr int kPlaceRole = Qt::UserRole, kShortcutRole = Qt::UserRole + 1, kReasonRole = Qt::UserRole + 2, kIndexRole = Qt::UserRole + 3;

/// Text left, where it belongs after it, the shortcut right.
class EntryDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {scaled(200), scaled(kRowPx)}; }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const QString reason = index.data(kReasonRole).toString();
        painter->save();
        if (option.state.testFlag(QStyle::State_Selected)) {
            painter->fillRect(option.rect, reason.isEmpty() ? theme().sel : theme().hover);
            painter->fillRect(QRect(option.rect.topLeft(), QSize(scaled(3), option.rect.height())), theme().accent);
        }
        const QRect row = option.rect.adjusted(scaled(12), 0, -scaled(12), 0);
        painter->setFont(maskscope::font(TextStyle::Body));
        painter->setPen(reason.isEmpty() ? theme().text : theme().disabled);
        QRect used;
        painter->drawText(row, Qt::AlignVCenter | Qt::AlignLeft, index.data(Qt::DisplayRole).toString(), &used);
        painter->setFont(maskscope::font(TextStyle::Label));
        painter->setPen(reason.isEmpty() ? theme().text2 : theme().disabled);
        const QRect after(used.right() + scaled(10), row.top(), row.right() - used.right() - scaled(90), row.height());
        const QString place = reason.isEmpty() ? index.data(kPlaceRole).toString() : reason;
        painter->drawText(after, Qt::AlignVCenter | Qt::AlignLeft, painter->fontMetrics().elidedText(place, Qt::ElideRight, after.width()));
        painter->drawText(row, Qt::AlignVCenter | Qt::AlignRight, index.data(kShortcutRole).toString());
        painter->restore();
    }
};

/// 0: does not fit; higher is better.
int fit(const CommandPalette::Entry& entry, const QStringList& words) {
    int sum = 1;
    for (const QString& word : words) {
        const QString all = entry.text + QLatin1Char(' ') + entry.place;
        const qsizetype at = all.indexOf(word, 0, Qt::CaseInsensitive);
        if (at < 0) return 0;
        sum += at == 0 ? 4 : all[at - 1].isLetterOrNumber() ? 1 : 3;
        if (at >= entry.text.size()) --sum;
    }
    return sum + (entry.reason.isEmpty() ? 1 : 0);
}

}  // namespace

CommandPalette::CommandPalette(QWidget* window) : QFrame(window), line_(new QLineEdit(this)), list_(new QListWidget(this)) {
    setProperty("role", "palette");
    setAccessibleName(tr("Find any action or setting"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(scaled(8), scaled(8), scaled(8), scaled(8));
    column->setSpacing(scaled(6));
    column->addWidget(line_);
    column->addWidget(list_, 1);
    line_->setPlaceholderText(tr("What do you want to do?"));
    line_->setAccessibleName(accessibleName());
    line_->installEventFilter(this);
    list_->setItemDelegate(new EntryDelegate(list_));
    list_->setFocusPolicy(Qt::NoFocus);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    connect(line_, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(list_, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
    hide();
}

void CommandPalette::open(std::vector<Entry> entries) {
    entries_ = std::move(entries);
    focusBefore_ = window()->focusWidget();
    const int width = std::min(scaled(kWidthPx), window()->width() - scaled(40));
    setGeometry((window()->width() - width) / 2, scaled(52), width, 0);
    line_->clear();
    filter({});
    show();
    raise();
    line_->setFocus(Qt::PopupFocusReason);
}

std::vector<int> CommandPalette::ranked(const std::vector<Entry>& entries, const QString& words) {
    const QStringList list = words.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    std::vector<std::pair<int, int>> found;  // fit, index
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (const int value = fit(entries[i], list)) found.emplace_back(value, static_cast<int>(i));
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<int> order;
    for (const auto& [value, index] : found) order.push_back(index);
    return order;
}

void CommandPalette::filter(const QString& words) {
    list_->clear();
    for (const int index : ranked(entries_, words)) {
        const Entry& entry = entries_[static_cast<std::size_t>(index)];
        auto* item = new QListWidgetItem(entry.text, list_);
        item->setData(kPlaceRole, entry.place);
        item->setData(kShortcutRole, entry.shortcut);
        item->setData(kReasonRole, entry.reason);
        item->setData(kIndexRole, index);
        item->setToolTip(entry.reason);
    }
    if (list_->count() == 0) {
        auto* none = new QListWidgetItem(tr("Nothing is called that"), list_);
        none->setFlags(Qt::NoItemFlags);
    }
    list_->setCurrentRow(0);
    fitHeight();
}

/// As tall as what was found, up to a limit.
void CommandPalette::fitHeight() {
    const QMargins margins = layout()->contentsMargins();
    const int around = margins.top() + margins.bottom() + layout()->spacing() + line_->sizeHint().height() + 2 * list_->frameWidth();
    const int most = std::min(scaled(kHeightPx), window()->height() - scaled(80));
    resize(width(), std::min(most, around + list_->count() * scaled(kRowPx)));
}

void CommandPalette::runCurrent() {
    const QListWidgetItem* item = list_->currentItem();
    if (item == nullptr || !item->flags().testFlag(Qt::ItemIsEnabled)) return;
    const Entry entry = entries_[static_cast<std::size_t>(item->data(kIndexRole).toInt())];
    hide();
    if (focusBefore_ != nullptr) focusBefore_->setFocus(Qt::OtherFocusReason);
    if (!entry.reason.isEmpty()) return Q_EMIT reasonAsked(entry.reason);
    entry.run();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched != line_) return QFrame::eventFilter(watched, event);
    if (event->type() == QEvent::FocusOut) {
        hide();
        return false;
    }
    if (event->type() != QEvent::KeyPress) return false;
    const auto* key = static_cast<QKeyEvent*>(event);
    switch (key->key()) {
        case Qt::Key_Escape:
            hide();
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            runCurrent();
            return true;
        case Qt::Key_Down:
        case Qt::Key_Up: {
            const int step = key->key() == Qt::Key_Down ? 1 : -1;
            list_->setCurrentRow(std::clamp(list_->currentRow() + step, 0, std::max(0, list_->count() - 1)));
            return true;
        }
        default:
            return false;
    }
}

}  // namespace maskscope
