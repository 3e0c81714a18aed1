#include "widgets/panels/help_browser.h"

#include <QEvent>
#include <QFile>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/panels/readable_text.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

QString textOf(const QString& name) {
    QFile file(QStringLiteral(":/help/") + name);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

}  // namespace

HelpBrowser::HelpBrowser(QWidget* parent)
    : QDialog(parent), search_(new QLineEdit(this)), contents_(new QListWidget(this)), text_(new QTextBrowser(this)) {
    setWindowTitle(tr("Help"));
    resize(scaled(820), scaled(600));
    auto* row = new QHBoxLayout(this);
    auto* left = new QVBoxLayout;
    search_->setPlaceholderText(tr("Find in the help"));
    search_->setAccessibleName(tr("Find in the help"));
    search_->setClearButtonEnabled(true);
    contents_->setAccessibleName(tr("Pages"));
    text_->setAccessibleName(tr("Page"));
    text_->setOpenExternalLinks(false);
    for (const QString& page : pages()) {
        auto* item = new QListWidgetItem(titleOf(page), contents_);
        item->setData(Qt::UserRole, page);
    }
    left->addWidget(search_);
    left->addWidget(contents_, 1);
    row->addLayout(left);
    row->addWidget(text_, 1);
    connect(search_, &QLineEdit::textChanged, this, &HelpBrowser::find);
    connect(contents_, &QListWidget::currentItemChanged, this, [this](const QListWidgetItem* item) {
        if (item != nullptr) showPage(item->data(Qt::UserRole).toString());
    });
    connect(text_, &QTextBrowser::sourceChanged, this, [this](const QUrl& source) {
        takeStyle();
        const QSignalBlocker quiet(contents_);
        contents_->setCurrentRow(static_cast<int>(pages().indexOf(source.fileName().section(QLatin1Char('.'), 0, 0))));
    });
    restyle();
    contents_->setCurrentRow(0);
}

QStringList HelpBrowser::pages() {
    static const QStringList all = textOf(QStringLiteral("contents.txt")).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    return all;
}

QString HelpBrowser::titleOf(const QString& page) {
    return textOf(page + QStringLiteral(".md")).section(QLatin1Char('\n'), 0, 0).remove(QStringLiteral("# "));
}

QString HelpBrowser::pageFor(const QWidget* widget) {
    for (; widget != nullptr; widget = widget->parentWidget()) {
        const QString page = widget->property("helpPage").toString();
        if (pages().contains(page)) return page;
    }
    return QStringLiteral("start");
}

void HelpBrowser::openPage(const QString& page) {
    search_->clear();
    showPage(pages().contains(page) ? page : pages().value(0));
    show();
    raise();
    activateWindow();
}

QString HelpBrowser::page() const { return text_->source().fileName().section(QLatin1Char('.'), 0, 0); }

void HelpBrowser::showPage(const QString& page) {
    text_->setSource(QUrl(QStringLiteral("qrc:/help/%1.md").arg(page)), QTextDocument::MarkdownResource);
}

void HelpBrowser::takeStyle() {
    text_->document()->setDocumentMargin(scaled(12));
    makeReadable(*text_->document());
}

void HelpBrowser::find(const QString& words) {
    const QStringList wanted = words.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    QListWidgetItem* first = nullptr;
    for (int i = 0; i < contents_->count(); ++i) {
        QListWidgetItem* item = contents_->item(i);
        const QString text = textOf(item->data(Qt::UserRole).toString() + QStringLiteral(".md"));
        const bool fits = std::all_of(wanted.begin(), wanted.end(), [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
        item->setHidden(!fits);
        if (fits && first == nullptr) first = item;
    }
    if (!wanted.isEmpty() && first != nullptr && contents_->currentItem() != nullptr && contents_->currentItem()->isHidden())
        contents_->setCurrentItem(first);
}

void HelpBrowser::restyle() {
    contents_->setFixedWidth(scaled(200));
    search_->setFixedWidth(scaled(200));
    takeStyle();
}

void HelpBrowser::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && text_ != nullptr) restyle();
    QDialog::changeEvent(event);
}

}  // namespace maskscope
