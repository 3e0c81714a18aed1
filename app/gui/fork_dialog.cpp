#include "app/gui/fork_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "app/gui/open_run.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {

ForkDialog::ForkDialog(const OpenRun& run, qint64 step, const QString& suggested, QWidget* parent)
    : QDialog(parent), step_(new QComboBox(this)), settings_(new QLineEdit(this)) {
    setWindowTitle(tr("Fork %1").arg(run.name));
    auto* form = new QFormLayout(this);
    form->setContentsMargins(scaled(24), scaled(16), scaled(24), scaled(16));
    form->setVerticalSpacing(scaled(12));
    auto* about = new QLabel(tr("A new run goes on from a checkpoint of this one: same weights, same order of images. From step 0 it is a twin. "
                                "A run that is training stops and saves first."),
                             this);
    about->setWordWrap(true);
    about->setMinimumWidth(scaled(420));
    form->addRow(about);
    for (const qint64 each : run.checkpoints) step_->addItem(exact(each), each);
    step_->setCurrentIndex(step_->findData(step));
    step_->setAccessibleName(tr("Checkpoint"));
    settings_->setPlaceholderText(QStringLiteral("mask.ratio=0.6 train.optimizer.lr=1e-3"));
    settings_->setText(suggested);
    settings_->setAccessibleName(tr("Settings that differ"));
    form->addRow(tr("From step"), step_);
    form->addRow(tr("Settings that differ"), settings_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    buttons->addButton(tr("Fork"), QDialogButtonBox::AcceptRole);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    form->addRow(buttons);
    settings_->setFocus();
}

qint64 ForkDialog::step() const { return step_->currentData().toLongLong(); }

QStringList ForkDialog::settings() const { return settings_->text().split(QLatin1Char(' '), Qt::SkipEmptyParts); }

}  // namespace maskscope
