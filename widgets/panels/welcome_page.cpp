#include "widgets/panels/welcome_page.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/panels/action_button.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kSidePx = 340, kPicturePx = 150, kHighestPicturePx = 240, kWidestPx = 1720, kHighestPx = 940, kTwoColumnsBelowPx = 1150,
              kLeastCardPx = 200;

QLabel* labelOf(const QString& text, TextStyle style, const char* role, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setFont(maskscope::font(style));
    if (role != nullptr) label->setProperty("role", role);
    label->setWordWrap(true);
    return label;
}

/// Pictures of an example side by side in a well.
class ExamplePicture : public QWidget {
public:
    ExamplePicture(std::vector<QImage> pictures, QWidget* parent) : QWidget(parent), pictures_(std::move(pictures)) {
        setMinimumHeight(scaled(kPicturePx));
        setMaximumHeight(scaled(kHighestPicturePx));
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    }

    void setPictures(std::vector<QImage> pictures) {
        pictures_ = std::move(pictures);
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.fillRect(rect(), theme().well);
        if (pictures_.empty()) return;
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        const int count = static_cast<int>(pictures_.size()), gap = scaled(12);
        const QSize room((width() - scaled(24) - (count - 1) * gap) / count, height() - scaled(24));
        std::vector<QSize> sizes;
        int all = (count - 1) * gap;
        for (const QImage& picture : pictures_) all += sizes.emplace_back(picture.size().scaled(room, Qt::KeepAspectRatio)).width();
        int x = (width() - all) / 2;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            painter.drawImage(QRect(QPoint(x, (height() - sizes[i].height()) / 2), sizes[i]), pictures_[i]);
            x += sizes[i].width() + gap;
        }
    }

private:
    std::vector<QImage> pictures_;
};

}  // namespace

WelcomePage::WelcomePage(QWidget* parent) : QWidget(parent), outer_(new QVBoxLayout(this)) {
    setAccessibleName(tr("Welcome"));
    outer_->setContentsMargins(0, 0, 0, 0);
    rebuild();
}

void WelcomePage::setExamples(std::vector<WelcomeExample> examples) {
    examples_ = std::move(examples);
    rebuild();
}

void WelcomePage::setPictures(const QString& id, std::vector<QImage> pictures) {
    for (WelcomeExample& example : examples_) {
        if (example.id == id) example.pictures = pictures;
    }
    if (auto* shown = findChild<QWidget*>(QStringLiteral("pictures of ") + id)) static_cast<ExamplePicture*>(shown)->setPictures(std::move(pictures));
}

void WelcomePage::setRecentRuns(std::vector<RecentRun> runs) {
    runs_ = std::move(runs);
    rebuild();
}

void WelcomePage::rebuild() {
    delete content_;
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->viewport()->setAutoFillBackground(false);
    auto* page = new QWidget(scroll);
    auto* centred = new QHBoxLayout(page);  // very large windows keep their edges free
    centred->setContentsMargins(0, 0, 0, 0);
    auto* content = new QWidget(page);
    content->setMaximumSize(scaled(kWidestPx), scaled(kHighestPx));
    centred->addWidget(content);
    auto* row = new QHBoxLayout(content);
    row->setContentsMargins(scaled(40), scaled(28), scaled(40), scaled(28));
    row->setSpacing(scaled(28));
    auto* left = new QVBoxLayout;
    left->setSpacing(scaled(6));
    left->addWidget(labelOf(tr("Hide a part. Watch a model learn to fill it in."), TextStyle::PageTitle, nullptr, page));
    left->addWidget(labelOf(tr("Examples that are ready on this machine; nothing is downloaded."), TextStyle::Body, "label", page));
    left->addSpacing(scaled(10));
    auto* grid = new QGridLayout;
    grid->setSpacing(scaled(14));
    for (std::size_t i = 0; i < examples_.size(); ++i)
        grid->addWidget(exampleCard(examples_[i], i == 0), static_cast<int>(i) / columns_, static_cast<int>(i) % columns_);
    for (int column = 0; column < columns_; ++column) {
        grid->setColumnStretch(column, 1);
        grid->setColumnMinimumWidth(column, scaled(kLeastCardPx));
    }
    left->addLayout(grid, 1);
    left->addStretch(0);
    row->addLayout(left, 1);

    auto* side = new QWidget(page);
    side->setFixedWidth(scaled(kSidePx));
    auto* right = new QVBoxLayout(side);
    right->setContentsMargins(0, 0, 0, 0);
    right->setSpacing(scaled(14));
    right->addWidget(dropCard());
    right->addWidget(tourCard());
    right->addWidget(runsCard(), 1);
    row->addWidget(side);
    scroll->setWidget(page);
    page->setAutoFillBackground(false);
    content_ = scroll;
    outer_->addWidget(scroll);
}

QWidget* WelcomePage::exampleCard(const WelcomeExample& example, bool first) {
    auto* card = new QFrame;
    card->setProperty("role", "card");
    card->setAccessibleName(example.title);
    card->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);  // all as wide, however long their words
    auto* column = new QVBoxLayout(card);
    column->setContentsMargins(1, 1, 1, scaled(12));
    column->setSpacing(scaled(8));
    auto* pictures = new ExamplePicture(example.pictures, card);
    pictures->setObjectName(QStringLiteral("pictures of ") + example.id);
    column->addWidget(pictures, 1);
    auto* text = new QVBoxLayout;
    text->setContentsMargins(scaled(14), scaled(4), scaled(14), 0);
    text->setSpacing(scaled(4));
    text->addWidget(labelOf(example.title, TextStyle::InspectorTitle, nullptr, card));
    QLabel* words = labelOf(example.text, TextStyle::Body, "label", card);
    words->setMinimumHeight(scaled(62));
    words->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    text->addWidget(words);
    auto* row = new QHBoxLayout;
    auto* start = new ActionButton(card);
    start->setFace(QStringLiteral("play"), tr("Start"));
    start->setAccessibleName(tr("Start %1").arg(example.title));
    start->setRole(first ? ActionButton::Role::Primary : ActionButton::Role::Normal);
    start->setUnavailable(example.problem);
    connect(start, &ActionButton::clicked, this, [this, id = example.id] { Q_EMIT exampleStarted(id); });
    row->addWidget(start);
    row->addStretch(1);
    row->addWidget(labelOf(example.problem.isEmpty() ? example.note : example.problem, TextStyle::Label, "label", card));
    text->addLayout(row);
    column->addLayout(text);
    return card;
}

QWidget* WelcomePage::dropCard() {
    auto* card = new QFrame;
    card->setProperty("role", "drop");
    auto* column = new QVBoxLayout(card);
    column->setContentsMargins(scaled(16), scaled(20), scaled(16), scaled(20));
    column->setSpacing(scaled(6));
    auto* mark = new QLabel(card);
    mark->setPixmap(icon(QStringLiteral("drop"), theme().text2).pixmap(QSize(scaled(32), scaled(32)), devicePixelRatioF()));
    column->addWidget(mark, 0, Qt::AlignHCenter);
    QLabel* title = labelOf(tr("Drop your own here"), TextStyle::InspectorTitle, nullptr, card);
    QLabel* text = labelOf(tr("a folder of images, an archive, one image, or a run directory"), TextStyle::Body, "label", card);
    for (QLabel* label : {title, text}) {
        label->setAlignment(Qt::AlignHCenter);
        column->addWidget(label);
    }
    auto* choose = new ActionButton(card);
    choose->setFace(QStringLiteral("folder"), tr("Choose…"), QStringLiteral("Ctrl+O"));
    connect(choose, &ActionButton::clicked, this, &WelcomePage::chooseRequested);
    column->addSpacing(scaled(6));
    column->addWidget(choose, 0, Qt::AlignHCenter);
    return card;
}

QWidget* WelcomePage::tourCard() {
    auto* card = new QFrame;
    card->setProperty("role", "card");
    auto* row = new QHBoxLayout(card);
    row->setContentsMargins(scaled(14), scaled(12), scaled(14), scaled(12));
    row->setSpacing(scaled(12));
    auto* mark = new QLabel(card);
    mark->setPixmap(icon(QStringLiteral("teach")).pixmap(QSize(scaled(26), scaled(26)), devicePixelRatioF()));
    row->addWidget(mark);
    auto* text = new QVBoxLayout;
    text->setSpacing(0);
    text->addWidget(labelOf(tr("New here?"), TextStyle::RunName, nullptr, card));
    text->addWidget(labelOf(tr("What each part of the window is for"), TextStyle::Label, "label", card));
    row->addLayout(text, 1);
    auto* tour = new ActionButton(card);
    tour->setFace({}, tr("Read the tour"));
    connect(tour, &ActionButton::clicked, this, &WelcomePage::tourRequested);
    row->addWidget(tour);
    return card;
}

QWidget* WelcomePage::runsCard() {
    auto* card = new QFrame;
    card->setProperty("role", "card");
    auto* column = new QVBoxLayout(card);
    column->setContentsMargins(scaled(14), scaled(10), scaled(14), scaled(10));
    column->setSpacing(scaled(8));
    column->addWidget(labelOf(tr("Recent runs"), TextStyle::AreaTitle, nullptr, card));
    if (runs_.empty()) column->addWidget(labelOf(tr("Runs that you start or open are listed here."), TextStyle::Body, "label", card));
    for (const RecentRun& run : runs_) {
        auto* separator = new QFrame(card);
        separator->setProperty("role", "line");
        column->addWidget(separator);
        auto* row = new QHBoxLayout;
        auto* text = new QVBoxLayout;
        text->setSpacing(0);
        text->addWidget(labelOf(run.name, TextStyle::Button, nullptr, card));
        text->addWidget(labelOf(run.text, TextStyle::Label, run.failed ? "error" : "label", card));
        row->addLayout(text, 1);
        auto* open = new ActionButton(card);
        open->setFace({}, tr("Open"));
        open->setAccessibleName(tr("Open %1").arg(run.name));
        open->setHelp(run.folder);
        connect(open, &ActionButton::clicked, this, [this, folder = run.folder] { Q_EMIT runOpened(folder); });
        row->addWidget(open);
        column->addLayout(row);
    }
    column->addStretch(1);
    return card;
}

void WelcomePage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const int wanted = width() < scaled(kTwoColumnsBelowPx) ? 2 : 3;
    if (wanted == columns_) return;
    columns_ = wanted;
    rebuild();
}

void WelcomePage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && content_ != nullptr)
        QMetaObject::invokeMethod(this, &WelcomePage::rebuild, Qt::QueuedConnection);  // Qt goes through all widgets now: none may vanish
    QWidget::changeEvent(event);
}

}  // namespace maskscope
