#include "app/gui/twin_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "widgets/theme/theme.h"

namespace maskscope {

TwinDialog::TwinDialog(const QString& run, const RecipeSummary& recipe, QWidget* parent)
    : QDialog(parent), key_(new QComboBox(this)), value_(new QLineEdit(this)), help_(new QLabel(this)) {
    setWindowTitle(run.isEmpty() ? tr("Two twins") : tr("Twin of %1").arg(run));
    for (const CardSummary* card : {&recipe.mask, &recipe.encoder, &recipe.target, &recipe.head, &recipe.schedule})
        rows_.insert(rows_.end(), card->settings.begin(), card->settings.end());
    auto* form = new QFormLayout(this);
    form->setContentsMargins(scaled(24), scaled(16), scaled(24), scaled(16));
    form->setVerticalSpacing(scaled(12));
    auto* about = new QLabel(tr("Two runs with the same start, order of images and masks, which differ in one setting: what differs between them "
                                "comes from it alone. They train one after the other, and are then shown in lockstep."),
                             this);
    about->setWordWrap(true);
    about->setMinimumWidth(scaled(420));
    form->addRow(about);
    for (const SettingRow& row : rows_) key_->addItem(row.key);
    key_->setAccessibleName(tr("Setting that differs"));
    value_->setAccessibleName(tr("Value of the twin"));
    help_->setWordWrap(true);
    help_->setProperty("role", "label");
    form->addRow(tr("Setting that differs"), key_);
    form->addRow(tr("Value of the twin"), value_);
    form->addRow(help_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    accept_ = buttons->addButton(tr("Train the twin"), QDialogButtonBox::AcceptRole);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(key_, &QComboBox::currentIndexChanged, this, [this](int index) {
        value_->setText(index >= 0 ? rows_[static_cast<std::size_t>(index)].value : QString());
        describe();
    });
    connect(value_, &QLineEdit::textChanged, this, &TwinDialog::describe);
    form->addRow(buttons);
    const int ratio = key_->findText(QStringLiteral("mask.ratio"));
    key_->setCurrentIndex(ratio >= 0 ? ratio : 0);
    value_->setText(key_->currentIndex() >= 0 ? rows_[static_cast<std::size_t>(key_->currentIndex())].value : QString());
    describe();
    value_->setFocus();
    value_->selectAll();
}

void TwinDialog::describe() {
    if (key_->currentIndex() < 0) return;
    const SettingRow& row = rows_[static_cast<std::size_t>(key_->currentIndex())];
    const bool differs = !value_->text().trimmed().isEmpty() && value_->text().trimmed() != row.value;
    help_->setText(tr("%1. Here %2; %3").arg(row.help, row.value, row.range.isEmpty() ? tr("any value") : row.range));
    accept_->setEnabled(differs);
    accept_->setToolTip(differs ? QString() : tr("Enter a value other than %1").arg(row.value));
}

QString TwinDialog::setting() const { return key_->currentText() + QLatin1Char('=') + value_->text().trimmed(); }

}  // namespace maskscope
