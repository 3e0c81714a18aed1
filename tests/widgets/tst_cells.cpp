#include "widgets/pictures/cells.h"

#include <QAccessible>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/made_pictures.h"
#include "widgets/pictures/over_time_strip.h"
#include "widgets/pictures/token_view.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using namespace maskscope::testing;

class TestCells : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { setTheme(ThemeKind::Dark); }

    void everyCellIsAChildWithANameAndAPlace() {
        TokenView view;
        view.resize(300, 120);
        view.setPicture(std::make_shared<const TokensPicture>(madeText()));
        view.show();
        QAccessibleInterface* root = QAccessible::queryAccessibleInterface(&view);
        QVERIFY(root);
        QStringList names;
        for (int i = 0; i < root->childCount(); ++i) {
            QAccessibleInterface* child = root->child(i);
            QVERIFY(child);
            if (child->role() != QAccessible::Graphic) continue;
            QCOMPARE(root->indexOfChild(child), i);
            QCOMPARE(child->parent(), root);
            names << child->text(QAccessible::Name);
            const QRect expected = view.cellRect(static_cast<int>(names.size()) - 1);
            QCOMPARE(child->rect(), QRect(view.viewport()->mapToGlobal(expected.topLeft()), expected.size()));
            QVERIFY(!child->text(QAccessible::Description).isEmpty());
            QCOMPARE(root->childAt(child->rect().center().x(), child->rect().center().y()), child);
        }
        QCOMPARE(names,
                 (QStringList{QStringLiteral("[CLS]"), QStringLiteral("to"), QStringLiteral("be"), QStringLiteral("or"), QStringLiteral("not")}));
    }

    void pressingACellDoesWhatAClickDoes() {
        OverTimeStrip strip;
        strip.resize(58, 300);
        strip.setFrames({{0, QImage(8, 8, QImage::Format_RGB32)}, {100, QImage(8, 8, QImage::Format_RGB32)}});
        strip.show();
        QAccessibleInterface* root = QAccessible::queryAccessibleInterface(&strip);
        QCOMPARE(root->childCount(), 2);
        QVERIFY(!root->child(1)->state().selected);
        QVERIFY(root->child(1)->actionInterface());
        root->child(1)->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
        QCOMPARE(strip.currentStep(), qint64{100});
        QVERIFY(root->child(1)->state().selected);
        QVERIFY(!root->child(0)->state().selected);
    }

    void cellsThatAreGoneAreInvalid() {
        OverTimeStrip strip;
        strip.resize(58, 300);
        strip.setFrames({{0, QImage()}, {100, QImage()}});
        QAccessibleInterface* root = QAccessible::queryAccessibleInterface(&strip);
        QAccessibleInterface* second = root->child(1);
        QVERIFY(second->isValid());
        strip.setFrames({{0, QImage()}});
        QVERIFY(!second->isValid());
        QCOMPARE(root->childCount(), 1);
        QVERIFY(second->text(QAccessible::Name).isEmpty());
    }
};

MASKSCOPE_TEST(TestCells)
#include "tst_cells.moc"
