#include "widgets/panels/shortcut_sheet.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/theme/theme.h"

namespace maskscope {

ShortcutSheet::ShortcutSheet(const std::vector<Group>& groups, QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Keys"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(scaled(24), scaled(16), scaled(24), scaled(16));
    column->setSpacing(scaled(12));
    auto* columns = new QHBoxLayout;
    columns->setSpacing(scaled(32));
    for (const Group& group : groups) {
        auto* grid = new QGridLayout;
        grid->setHorizontalSpacing(scaled(12));
        grid->setVerticalSpacing(scaled(6));
        auto* title = new QLabel(group.title, this);
        title->setFont(maskscope::font(TextStyle::AreaTitle));
        grid->addWidget(title, 0, 0, 1, 2);
        int row = 1;
        for (const auto& [key, what] : group.keys) {
            auto* cap = new QLabel(key, this);
            cap->setFont(maskscope::font(TextStyle::Tag));
            cap->setProperty("role", "key");
            grid->addWidget(cap, row, 0, Qt::AlignLeft);
            auto* text = new QLabel(what, this);
            text->setFont(maskscope::font(TextStyle::Body));
            grid->addWidget(text, row++, 1);
        }
        grid->setRowStretch(row, 1);
        columns->addLayout(grid);
    }
    column->addLayout(columns);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    column->addWidget(buttons);
}

}  // namespace maskscope
