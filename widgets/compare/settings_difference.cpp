#include "widgets/compare/settings_difference.h"

#include <map>

namespace maskscope {
namespace {

QString nothing() { return QStringLiteral("—"); }

}  // namespace

void SettingsDifference::setRuns(const QString& firstName, const SettingList& first, const QString& secondName, const SettingList& second) {
    beginResetModel();
    firstName_ = firstName;
    secondName_ = secondName;
    rows_.clear();
    std::map<QString, QString> ofSecond(second.begin(), second.end());
    for (const auto& [setting, value] : first) {
        const auto other = ofSecond.find(setting);
        if (other == ofSecond.end()) {
            rows_.push_back({setting, value, nothing()});
            continue;
        }
        if (other->second != value) {
            rows_.push_back({setting, value, other->second});
        }
        ofSecond.erase(other);
    }
    // what only the second run has, in its own order
    for (const auto& [setting, value] : second) {
        if (ofSecond.count(setting) > 0) {
            rows_.push_back({setting, nothing(), value});
        }
    }
    endResetModel();
}

int SettingsDifference::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(rows_.size()); }

int SettingsDifference::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : 3; }

QVariant SettingsDifference::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) {
        return {};
    }
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    if (role == Qt::ToolTipRole) {
        return tr("%1: %2 in %3, %4 in %5").arg(row.setting, row.first, firstName_, row.second, secondName_);
    }
    return index.column() == 0 ? row.setting : index.column() == 1 ? row.first : row.second;
}

QVariant SettingsDifference::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    return section == 0 ? tr("Setting") : section == 1 ? firstName_ : section == 2 ? QVariant(secondName_) : QVariant();
}

}  // namespace maskscope
