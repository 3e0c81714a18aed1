#include <QSignalSpy>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/panels/flow_layout.h"

using namespace maskscope;

class TestFlowLayout : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nothingIsEverCut_data() {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("lines");
        QTest::newRow("all in one line") << 500 << 1;
        QTest::newRow("two lines") << 220 << 2;
        QTest::newRow("one a line") << 100 << 4;
    }
    void nothingIsEverCut() {
        QFETCH(int, width);
        QFETCH(int, lines);
        QWidget holder;
        auto* flow = new FlowLayout(&holder, 10, 5);
        flow->setContentsMargins(0, 0, 0, 0);
        std::vector<QWidget*> parts;
        for (int i = 0; i < 4; ++i) {
            auto* part = new QWidget(&holder);
            part->setFixedSize(90, 20);
            flow->addWidget(part);
            parts.push_back(part);
        }
        QCOMPARE(flow->heightForWidth(width), lines * 20 + (lines - 1) * 5);
        holder.resize(width, 400);
        holder.show();
        for (std::size_t i = 0; i < parts.size(); ++i) {
            QVERIFY(holder.rect().contains(parts[i]->geometry()));
            for (std::size_t j = 0; j < i; ++j) QVERIFY(!parts[i]->geometry().intersects(parts[j]->geometry()));
        }
    }

    void whatIsHiddenTakesNoRoom() {
        QWidget holder;
        auto* flow = new FlowLayout(&holder, 10, 5);
        flow->setContentsMargins(0, 0, 0, 0);
        for (int i = 0; i < 2; ++i) {
            auto* part = new QWidget(&holder);
            part->setFixedSize(90, 20);
            flow->addWidget(part);
            part->setVisible(i == 0);
        }
        QCOMPARE(flow->sizeHint(), QSize(90, 20));
    }
};

MASKSCOPE_TEST(TestFlowLayout)
#include "tst_flow_layout.moc"
