#include "app/gui/tour_dialog.h"

#include <QDialogButtonBox>
#include <QPushButton>
#include <QTextBrowser>
#include <QVBoxLayout>

#include "widgets/theme/theme.h"

namespace maskscope {

TourDialog::TourDialog(QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Tour"));
    resize(scaled(560), scaled(560));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(scaled(16), scaled(16), scaled(16), scaled(16));
    auto* page = new QTextBrowser(this);
    page->setHtml(tr(
        "<h2>Hide a part, watch it filled in</h2>"
        "<p>Maskscope hides patches of images and trains a network to fill them in. What the network learns on the way is what "
        "masked pre-training is for.</p>"
        "<h3>1. The recipe, left</h3><p>Read from top to bottom: the data, which patches are hidden, the encoder, what it is asked for, "
        "how an answer is judged, how fast it learns. Open a card for all of its settings. Change the ratio and the small picture follows.</p>"
        "<h3>2. Start, above</h3><p>Space starts and pauses. While paused, S does a single step. Every run keeps checkpoints: "
        "Resume goes on from the newest, Fork begins a new run from any.</p>"
        "<h3>3. The stage, centre</h3><p>Original, masked, prediction, composite and error of one image. B turns the brush on: hide and show "
        "patches yourself, the model answers while it goes on learning. Click a patch to inspect it and to see where the heads look from there.</p>"
        "<h3>4. The curves</h3><p>Dotted lines are predictors that learn nothing: the mean patch, the nearest visible patch, smooth inpainting. "
        "A model that is not below them has learned nothing yet. Skill 0 is the mean patch, 1 is perfect.</p>"
        "<h3>5. Time, below</h3><p>One cursor for the whole window. Move it and every view shows that step, by the checkpoint before it; "
        "masks can be painted in the past. N follows the newest step again.</p>"));
    column->addWidget(page);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    column->addWidget(buttons);
}

}  // namespace maskscope
