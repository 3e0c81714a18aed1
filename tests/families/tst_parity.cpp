#include <QtTest>

#include "families/model_case.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

/// Every case that there is, whatever its family: what the hub's programs answer, we answer.
class TestParity : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalsTheReference_data() {
        QTest::addColumn<QString>("folder");
        for (const auto& place : casesOf({""}))
            if (std::filesystem::exists(place / "model")) QTest::newRow(place.filename().string().c_str()) << QString::fromStdString(place.string());
    }
    void equalsTheReference() {
        QFETCH(QString, folder);
        const QString bad = differencesFrom(folder.toStdString());
        QVERIFY2(bad.isEmpty(), qPrintable(bad));
    }
};

MASKSCOPE_TEST(TestParity)
#include "tst_parity.moc"
