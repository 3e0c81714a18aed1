#include "core/toml.h"

#include "core/error.h"

#include <QtTest>

#include "support/test_main.h"

using maskscope::parseToml;
using maskscope::parseTomlValue;
using maskscope::Value;
using maskscope::writeToml;

class TestToml : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void roundTripKeepsEverything_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("numbers") << QByteArray("a = 1\nb = -2.5\nc = 1e-300\nd = 9007199254740993\ne = 0.1");
        QTest::newRow("keys that are not sorted") << QByteArray("zebra = 1\napple = 2\nmango = 3");
        QTest::newRow("texts with marks") << QByteArray("a = \"quote \\\" backslash \\\\ tab \\t line \\n\"\nb = \"ü漢😀\"\nc = \"\"");
        QTest::newRow("flags") << QByteArray("a = true\nb = false");
        QTest::newRow("a number that is whole but a float") << QByteArray("a = 3.0");
        QTest::newRow("lists") << QByteArray("a = [1, 2]\nb = [[1], ['x', 2.5]]\nc = []");
        QTest::newRow("nested tables") << QByteArray("x = 1\n[t]\nz = 1\ny = 2\n[t.u]\nb = 1\n[s]\na = { kind = 'k', depth = 4 }");
        QTest::newRow("lists of tables") << QByteArray("[[o]]\nname = 'b'\n[[o.p]]\nq = 1\n[[o]]\nname = 'a'");
        QTest::newRow("keys with dots and blanks") << QByteArray("\"a.b\" = 1\n\"c d\" = 2\n[\"e.f\"]\ng = 1");
        QTest::newRow("an empty table") << QByteArray("[t]");
    }
    void roundTripKeepsEverything() {
        QFETCH(QByteArray, text);
        const Value value = parseToml(text.toStdString(), "a.toml");
        const std::string written = writeToml(value);
        QVERIFY2(parseToml(written, "b.toml") == value, written.c_str());
        QCOMPARE(writeToml(parseToml(written, "b.toml")), written);
    }

    void orderOfTheTextIsKept() {
        const Value value = parseToml("zebra = 1\napple = 2\n[t]\nmango = 3", "a.toml");
        QCOMPARE(value.asTable().at(0).first, std::string("zebra"));
        QCOMPARE(value.asTable().at(1).first, std::string("apple"));
        QCOMPARE(value.asTable().at(2).first, std::string("t"));
    }

    void integersStayIntegers() {
        const Value value = parseToml("a = 3\nb = 3.0", "a.toml");
        QVERIFY(value.find("a")->isInteger());
        QVERIFY(!value.find("b")->isInteger());
        const Value again = parseToml(writeToml(value), "b.toml");
        QVERIFY(again.find("a")->isInteger());
        QVERIFY(!again.find("b")->isInteger());
    }

    void errorsNameFileAndLine() {
        try {
            parseToml("a = 1\nb = = 2\n", "recipes/x.toml");
            QFAIL("accepted");
        } catch (const maskscope::RecipeError& error) {
            QVERIFY2(QString(error.what()).startsWith("recipes/x.toml:2: not valid TOML"), error.what());
        }
        QVERIFY_EXCEPTION_THROWN(parseToml("a = 2024-01-01", "x.toml"), maskscope::RecipeError);
        QVERIFY_EXCEPTION_THROWN(parseToml("a = 1\na = 2", "x.toml"), maskscope::RecipeError);
        QVERIFY_EXCEPTION_THROWN(maskscope::readToml("/nowhere/x.toml"), maskscope::FileError);
    }

    void valuesOfTheCommandLine() {
        QVERIFY(parseTomlValue("0.5", "--set") == Value(0.5));
        QVERIFY(parseTomlValue("12", "--set").isInteger());
        QVERIFY(parseTomlValue("true", "--set") == Value(true));
        QVERIFY(parseTomlValue("[1, 2]", "--set") == Value(Value::Array{Value(1), Value(2)}));
        QVERIFY(parseTomlValue("{ kind = 'x' }", "--set") == Value(Value::Table{{"kind", Value("x")}}));
        QVERIFY(parseTomlValue("cosine", "--set") == Value("cosine"));
        QVERIFY(parseTomlValue("'cosine'", "--set") == Value("cosine"));
        QVERIFY(parseTomlValue("/data/a b.png", "--set") == Value("/data/a b.png"));
        QVERIFY(parseTomlValue("", "--set") == Value(""));
        QCOMPARE(parseTomlValue("1", "--set").source().prefix(), std::string("--set: "));
    }
};

MASKSCOPE_TEST(TestToml)
#include "tst_toml.moc"
