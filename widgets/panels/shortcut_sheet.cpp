#include "widgets/panels/shortcut_sheet.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <numeric>

#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr std::size_t kColumns = 3;

/// Groups as places in their list, in columns that are about as high as each other: the longest first, each to the shortest column.
std::array<std::vector<std::size_t>, kColumns> balanced(const std::vector<ShortcutSheet::Group>& groups) {
    std::vector<std::size_t> longestFirst(groups.size());
    std::iota(longestFirst.begin(), longestFirst.end(), std::size_t{0});
    std::stable_sort(longestFirst.begin(), longestFirst.end(),
                     [&](std::size_t a, std::size_t b) { return groups[a].keys.size() > groups[b].keys.size(); });
    std::array<std::vector<std::size_t>, kColumns> columns;
    std::array<std::size_t, kColumns> rows{};
    for (const std::size_t group : longestFirst) {
        const auto shortest = static_cast<std::size_t>(std::min_element(rows.begin(), rows.end()) - rows.begin());
        columns[shortest].push_back(group);
        rows[shortest] += groups[group].keys.size() + 2;  // title and gap
    }
    for (auto& column : columns) std::sort(column.begin(), column.end());
    std::sort(columns.begin(), columns.end());
    return columns;
}

void addGroup(QGridLayout* grid, const ShortcutSheet::Group& group) {
    int row = grid->rowCount();
    if (row > 1) grid->setRowMinimumHeight(row++, scaled(8));
    auto* title = new QLabel(group.title);
    title->setFont(maskscope::font(TextStyle::AreaTitle));
    grid->addWidget(title, row++, 0, 1, 2);
    for (const auto& [key, what] : group.keys) {
        auto* cap = new QLabel(key);
        cap->setFont(maskscope::font(TextStyle::Tag));
        cap->setProperty("role", "key");
        grid->addWidget(cap, row, 0, Qt::AlignLeft);
        auto* text = new QLabel(what);
        text->setFont(maskscope::font(TextStyle::Body));
        grid->addWidget(text, row++, 1);
    }
}

}  // namespace

ShortcutSheet::ShortcutSheet(const std::vector<Group>& groups, QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Keys"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(scaled(24), scaled(16), scaled(24), scaled(16));
    column->setSpacing(scaled(12));
    auto* columns = new QHBoxLayout;
    columns->setSpacing(scaled(32));
    for (const auto& places : balanced(groups)) {
        auto* grid = new QGridLayout;
        grid->setHorizontalSpacing(scaled(12));
        grid->setVerticalSpacing(scaled(6));
        for (const std::size_t place : places) addGroup(grid, groups[place]);
        grid->setRowStretch(grid->rowCount(), 1);
        columns->addLayout(grid);
    }
    column->addLayout(columns);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    column->addWidget(buttons);
}

}  // namespace maskscope
