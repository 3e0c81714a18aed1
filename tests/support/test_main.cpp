#include "support/test_main.h"

#ifdef MASKSCOPE_TESTS_HAVE_WIDGETS
#include <QApplication>
#else
#include <QCoreApplication>
#endif
#include <QDir>
#include <QStringList>
#include <QTest>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <utility>

namespace maskscope::testing {
namespace {

/// By name, so that the order of a run does not depend on the linker.
std::map<std::string, TestFactory>& registeredTests() {
    static std::map<std::string, TestFactory> tests;
    return tests;
}

void setDefault(const char* variable, const QString& value) {
    if (!qEnvironmentVariableIsSet(variable)) {
        qputenv(variable, value.toLocal8Bit());
    }
}

/// The same surroundings whether ctest or a person starts the program.
void setDefaultEnvironment() {
    const QString source = QStringLiteral(MASKSCOPE_DEFAULT_SOURCE_DIR);
    setDefault("QT_QPA_PLATFORM", QStringLiteral("offscreen"));
    setDefault("MASKSCOPE_SOURCE_DIR", source);
    setDefault("MASKSCOPE_CLI", QStringLiteral(MASKSCOPE_DEFAULT_CLI));
    const QString shared = QDir::cleanPath(source + QStringLiteral("/../shared"));
    if (QDir(shared).exists()) {
        setDefault("MASKSCOPE_SHARED", shared);
    }
    // Qt ends a function after five minutes; long runs take more.
    if (qEnvironmentVariableIsSet("MASKSCOPE_LONG")) {
        setDefault("QTEST_FUNCTION_TIMEOUT", QStringLiteral("7200000"));
    }
}

struct Selection {
    QStringList classNames;
    QStringList forwarded;
};

/// Class names come first; all the rest is for Qt Test.
Selection readArguments(const QStringList& arguments) {
    Selection selection;
    // A handler of crashes that crashes itself would go on forever.
    selection.forwarded << arguments.value(0) << QStringLiteral("-nocrashhandler");
    for (qsizetype i = 1; i < arguments.size(); ++i) {
        const bool isClass = registeredTests().contains(arguments[i].toStdString());
        (isClass ? selection.classNames : selection.forwarded) << arguments[i];
    }
    return selection;
}

int listClasses() {
    for (const auto& [name, make] : registeredTests()) {
        std::printf("%s\n", name.c_str());
    }
    return 0;
}

/// An exception that nobody caught ends its class alone. @return whether everything passed
bool run(QObject& test, const QStringList& arguments) {
    try {
        return QTest::qExec(&test, arguments) == 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s was ended by an exception: %s\n", test.metaObject()->className(), error.what());
        return false;
    }
}

int runSelected(const Selection& selection) {
    int ran = 0;
    int failedClasses = 0;
    for (const auto& [name, make] : registeredTests()) {
        if (!selection.classNames.isEmpty() && !selection.classNames.contains(QString::fromStdString(name))) {
            continue;
        }
        const auto test = make();
        ++ran;
        failedClasses += run(*test, selection.forwarded) ? 0 : 1;
        std::fflush(stdout);
    }
    if (ran == 0) {
        std::fprintf(stderr, "error: no test class ran; --classes lists them\n");
        return 2;
    }
    std::printf("%d test classes, %d with failures\n", ran, failedClasses);
    return failedClasses == 0 ? 0 : 1;
}

}  // namespace

bool registerTest(std::string className, TestFactory make) {
    const auto [position, isNew] = registeredTests().emplace(std::move(className), std::move(make));
    if (!isNew) {
        std::fprintf(stderr, "error: two test classes are named %s\n", position->first.c_str());
        std::abort();
    }
    return true;
}

}  // namespace maskscope::testing

int main(int argc, char** argv) {
    using namespace maskscope::testing;
    setDefaultEnvironment();
#ifdef MASKSCOPE_TESTS_HAVE_WIDGETS
    const QApplication application(argc, argv);
#else
    const QCoreApplication application(argc, argv);
#endif
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.contains(QStringLiteral("--classes"))) {
        return listClasses();
    }
    return runSelected(readArguments(arguments));
}
