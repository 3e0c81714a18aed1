#include "widgets/compare/run_table.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QIcon>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPixmap>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/plots/numbers.h"
#include "widgets/plots/run_marker.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kRowHeightPx = 20;
constexpr int kMarkSidePx = 12;

const QString kNothing = QStringLiteral("—");

QVariant numberOrNothing(const std::optional<double>& value) { return value ? QVariant(*value) : QVariant(); }

bool isNumber(int column) { return column >= RunTableModel::Step && column <= RunTableModel::Time; }

/// The last two parts of a path: "sample-data/train".
QString shortPath(const QString& path) { return path.section(QLatin1Char('/'), -2, -1, QString::SectionSkipEmpty); }

/// Nothing, but as wide, for a run that is not drawn: names stand in line.
QIcon markIcon(int style) {
    const int side = scaled(kMarkSidePx);
    QPixmap pixmap(side * 2, side * 2);
    pixmap.setDevicePixelRatio(2.0);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    if (style >= 0 && style < 8) {
        const RunStyle& look = theme().runs.at(static_cast<std::size_t>(style));
        painter.setPen(Qt::NoPen);
        painter.setBrush(look.color);
        painter.drawPath(markerPath(look.marker, 0.75 * side).translated(side / 2.0, side / 2.0));
    }
    return QIcon(pixmap);
}

/// Rows in which every word of the search line occurs; missing values last, whichever way a column is sorted.
class RunOrder : public QSortFilterProxyModel {
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void setWords(const QStringList& words) {
        words_ = words;
        invalidateFilter();
    }

protected:
    bool filterAcceptsRow(int row, const QModelIndex&) const override {
        const auto& run = static_cast<RunTableModel*>(sourceModel())->runs()[static_cast<std::size_t>(row)];
        const QString all = QStringList{run.name, run.recipe, run.data, run.state}.join(QLatin1Char('\n'));
        return std::all_of(words_.begin(), words_.end(), [&all](const QString& word) { return all.contains(word, Qt::CaseInsensitive); });
    }

    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override {
        const QVariant a = left.data(RunTableModel::kSortRole);
        const QVariant b = right.data(RunTableModel::kSortRole);
        if (!a.isValid() || !b.isValid()) {
            return a.isValid() != b.isValid() && a.isValid() == (sortOrder() == Qt::AscendingOrder);
        }
        if (a.typeId() == QMetaType::QString) {
            return QString::localeAwareCompare(a.toString(), b.toString()) < 0;
        }
        return a.toDouble() < b.toDouble();
    }

private:
    QStringList words_;
};

}  // namespace

void RunTableModel::setRuns(std::vector<RunSummary> runs) {
    beginResetModel();
    runs_ = std::move(runs);
    reindex();
    endResetModel();
}

void RunTableModel::update(const RunSummary& run) {
    const auto known = rowOf_.constFind(run.id);
    if (known != rowOf_.constEnd()) {
        runs_[static_cast<std::size_t>(*known)] = run;
        Q_EMIT dataChanged(index(*known, 0), index(*known, ColumnCount - 1));
        return;
    }
    const int row = static_cast<int>(runs_.size());
    beginInsertRows({}, row, row);
    runs_.push_back(run);
    rowOf_.insert(run.id, row);
    endInsertRows();
}

void RunTableModel::remove(const QString& id) {
    const auto known = rowOf_.constFind(id);
    if (known == rowOf_.constEnd()) {
        return;
    }
    const int row = *known;
    beginRemoveRows({}, row, row);
    runs_.erase(runs_.begin() + row);
    reindex();
    endRemoveRows();
}

void RunTableModel::reindex() {
    rowOf_.clear();
    for (std::size_t row = 0; row < runs_.size(); ++row) {
        rowOf_.insert(runs_[row].id, static_cast<int>(row));
    }
}

const RunSummary* RunTableModel::find(const QString& id) const {
    const auto known = rowOf_.constFind(id);
    return known == rowOf_.constEnd() ? nullptr : &runs_[static_cast<std::size_t>(*known)];
}

int RunTableModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(runs_.size()); }

int RunTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(ColumnCount); }

QVariant RunTableModel::text(const RunSummary& run, int column) const {
    const auto number = [](const std::optional<double>& value) { return value ? significant(*value) : kNothing; };
    switch (column) {
        case Name:
            return run.name;
        case State:
            return run.state;
        case Recipe:
            return run.recipe;
        case Data:
            return shortPath(run.data);
        case Step:
            return exact(run.step);
        case Loss:
            return number(run.loss);
        case Skill:
            return number(run.skill);
        case Probe:
            return run.probeAccuracy ? percent(*run.probeAccuracy, 1) : kNothing;
        case Time:
            return timeSpan(run.seconds);
        case Started:
            return run.started.isValid() ? run.started.toString(QStringLiteral("yyyy-MM-dd hh:mm")) : kNothing;
        default:
            return {};
    }
}

QVariant RunTableModel::sortKey(const RunSummary& run, int column) const {
    switch (column) {
        case Step:
            return static_cast<double>(run.step);
        case Loss:
            return numberOrNothing(run.loss);
        case Skill:
            return numberOrNothing(run.skill);
        case Probe:
            return numberOrNothing(run.probeAccuracy);
        case Time:
            return run.seconds;
        case Started:
            return run.started.isValid() ? QVariant(static_cast<double>(run.started.toMSecsSinceEpoch())) : QVariant();
        default:
            return text(run, column);
    }
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const RunSummary& run = runs_[static_cast<std::size_t>(index.row())];
    switch (role) {
        case Qt::DisplayRole:
            return text(run, index.column());
        case Qt::ToolTipRole:
            return index.column() == Name ? QVariant(run.id) : index.column() == Data ? QVariant(run.data) : QVariant();
        case Qt::DecorationRole:
            return index.column() == Name ? QVariant(markIcon(run.style)) : QVariant();
        case Qt::TextAlignmentRole:
            return QVariant::fromValue(Qt::AlignVCenter | (isNumber(index.column()) ? Qt::AlignRight : Qt::AlignLeft));
        case kSortRole:
            return sortKey(run, index.column());
        case kIdRole:
            return run.id;
        default:
            return {};
    }
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return QVariant::fromValue(Qt::AlignVCenter | (isNumber(section) ? Qt::AlignRight : Qt::AlignLeft));
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    const QStringList names{tr("Run"),  tr("State"), tr("Recipe"), tr("Data"), tr("Step"),
                            tr("Loss"), tr("Skill"), tr("Probe"),  tr("Time"), tr("Started")};
    return names.at(section);
}

RunTable::RunTable(QWidget* parent)
    : QWidget(parent),
      model_(new RunTableModel(this)),
      proxy_(new RunOrder(this)),
      view_(new QTableView(this)),
      search_(new QLineEdit(this)),
      count_(new QLabel(this)) {
    proxy_->setSourceModel(model_);
    proxy_->setDynamicSortFilter(false);  // rows keep their places until asked to sort
    view_->setModel(proxy_);
    view_->setSortingEnabled(true);
    view_->horizontalHeader()->setSortIndicatorClearable(true);
    view_->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    view_->setSelectionBehavior(QAbstractItemView::SelectRows);
    view_->setSelectionMode(QAbstractItemView::ExtendedSelection);
    view_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view_->setShowGrid(false);
    view_->setAlternatingRowColors(true);
    view_->setWordWrap(false);
    view_->setTextElideMode(Qt::ElideMiddle);
    view_->setTabKeyNavigation(false);
    view_->verticalHeader()->hide();
    view_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);  // never asks a thousand rows for their heights
    view_->verticalHeader()->setDefaultSectionSize(scaled(kRowHeightPx));
    view_->horizontalHeader()->setHighlightSections(false);
    view_->horizontalHeader()->setStretchLastSection(true);
    view_->setAccessibleName(tr("Runs"));
    const int widths[] = {116, 66, 64, 126, 60, 58, 62, 54, 78, 112};
    for (int column = 0; column < RunTableModel::ColumnCount; ++column) {
        view_->setColumnWidth(column, scaled(widths[column]));
    }
    search_->setPlaceholderText(tr("Find runs by name, recipe, data or state"));
    search_->setAccessibleName(tr("Find runs"));
    search_->setClearButtonEnabled(true);
    count_->setProperty("role", "label");

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(scaled(9), scaled(9), scaled(9), scaled(9));
    layout->setSpacing(scaled(6));
    auto* top = new QHBoxLayout;
    top->addWidget(search_, 1);
    top->addWidget(count_);
    layout->addLayout(top);
    layout->addWidget(view_, 1);

    connect(search_, &QLineEdit::textChanged, this, &RunTable::setFilter);
    connect(view_, &QTableView::activated, this,
            [this](const QModelIndex& index) { Q_EMIT runActivated(index.data(RunTableModel::kIdRole).toString()); });
    connect(view_->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] { Q_EMIT selectionChanged(selectedIds()); });
    for (auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved}) {
        connect(proxy_, signal, this, &RunTable::updateCount);
    }
    connect(proxy_, &QAbstractItemModel::modelReset, this, &RunTable::updateCount);
    updateCount();
}

void RunTable::setFilter(const QString& words) {
    if (search_->text() != words) {
        search_->setText(words);  // comes back here
        return;
    }
    static_cast<RunOrder*>(proxy_)->setWords(words.split(QLatin1Char(' '), Qt::SkipEmptyParts));
    updateCount();
}

int RunTable::visibleRuns() const { return proxy_->rowCount(); }

QStringList RunTable::selectedIds() const {
    QModelIndexList rows = view_->selectionModel()->selectedRows();
    std::sort(rows.begin(), rows.end(), [](const QModelIndex& a, const QModelIndex& b) { return a.row() < b.row(); });
    QStringList ids;
    for (const QModelIndex& row : rows) {
        ids << row.data(RunTableModel::kIdRole).toString();
    }
    return ids;
}

void RunTable::updateCount() {
    const int all = model_->rowCount();
    const int shown = visibleRuns();
    count_->setText(all == 0       ? tr("No runs yet: start training, or open a folder of runs")
                    : all == 1     ? tr("1 run")
                    : shown == all ? tr("%1 runs").arg(exact(all))
                                   : tr("%1 of %2 runs").arg(exact(shown), exact(all)));
}

}  // namespace maskscope
