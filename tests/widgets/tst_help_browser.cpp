#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QRegularExpression>
#include <QTextBrowser>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/panels/help_browser.h"
#include "widgets/panels/recipe_column.h"
#include "widgets/theme/theme.h"

using namespace maskscope;

namespace {

QString textOf(const QString& page) {
    QFile file(QStringLiteral(":/help/%1.md").arg(page));
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

}  // namespace

class TestHelpBrowser : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setTheme(ThemeKind::Light); }

    void everyPageHasATitleAndWords() {
        QVERIFY(HelpBrowser::pages().size() > 15);
        for (const QString& page : HelpBrowser::pages()) {
            QVERIFY2(textOf(page).startsWith("# "), qPrintable(page));
            QVERIFY2(textOf(page).size() > 150, qPrintable(page));
            QVERIFY2(!HelpBrowser::titleOf(page).isEmpty(), qPrintable(page));
        }
    }

    void everyLinkLeadsToAPage() {
        const QRegularExpression link(QStringLiteral("\\]\\(([^)]*)\\)"));
        int links = 0;
        for (const QString& page : HelpBrowser::pages()) {
            auto matches = link.globalMatch(textOf(page));
            while (matches.hasNext()) {
                const QString target = matches.next().captured(1);
                QVERIFY2(target.endsWith(".md") && HelpBrowser::pages().contains(target.chopped(3)), qPrintable(page + " -> " + target));
                ++links;
            }
        }
        QVERIFY(links > 10);
    }

    void thePageIsThatOfTheNearestPart() {
        RecipeColumn column;
        QCOMPARE(HelpBrowser::pageFor(column.search()), QStringLiteral("recipe"));
        QWidget plain;
        QCOMPARE(HelpBrowser::pageFor(&plain), QStringLiteral("start"));
        QCOMPARE(HelpBrowser::pageFor(nullptr), QStringLiteral("start"));
    }

    void linksAreFollowedAndTheContentsFollowThem() {
        HelpBrowser help;
        help.openPage("stage");
        QCOMPARE(help.page(), QStringLiteral("stage"));
        auto* contents = help.findChild<QListWidget*>();
        QCOMPARE(contents->currentItem()->text(), HelpBrowser::titleOf("stage"));
        auto* text = help.findChild<QTextBrowser*>();
        text->setSource(QUrl("attention.md"));
        QCOMPARE(help.page(), QStringLiteral("attention"));
        QVERIFY(text->toPlainText().contains("Rollout"));
        QCOMPARE(contents->currentItem()->text(), HelpBrowser::titleOf("attention"));
        help.openPage("no such page");
        QCOMPARE(help.page(), QStringLiteral("start"));
    }

    void searchingLeavesThePagesWithEveryWord() {
        HelpBrowser help;
        help.openPage("start");
        help.findChild<QLineEdit*>()->setText("linear probe knn");
        auto* contents = help.findChild<QListWidget*>();
        QStringList left;
        for (int i = 0; i < contents->count(); ++i)
            if (!contents->item(i)->isHidden()) left << contents->item(i)->data(Qt::UserRole).toString();
        QCOMPARE(left, QStringList{"terms"});
        QCOMPARE(help.page(), QStringLiteral("terms"));
    }
};

MASKSCOPE_TEST(TestHelpBrowser)
#include "tst_help_browser.moc"
