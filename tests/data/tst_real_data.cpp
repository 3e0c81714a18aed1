#include "data/images/cache.h"
#include "data/images/image_dataset.h"
#include "data/images/statistics.h"

#include <filesystem>
#include <string>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

/// The real pictures beside the repository, where they are there.
class TestRealData : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cifarArchive();
    void photographs();

private:
    std::filesystem::path shared_;
};

void TestRealData::initTestCase() {
    shared_ = qEnvironmentVariable("MASKSCOPE_SHARED").toStdString();
    if (shared_.empty() || !std::filesystem::exists(shared_ / "data/cifar10-small.tar"))
        QSKIP("the real data beside the repository is not here (MASKSCOPE_SHARED)");
}

void TestRealData::cifarArchive() {
    const auto whole = openImages(shared_ / "data/cifar10-small.tar");
    QCOMPARE(whole->size(), 5000);
    QCOMPARE(whole->classNames().size(), std::size_t(10));
    const auto test = openImages((shared_ / "data/cifar10-small.tar").string() + "/test");
    QCOMPARE(test->size(), 1000);
    QCOMPARE(test->classNames(), whole->classNames());
    const DatasetStatistics statistics = computeStatistics(*whole);
    QCOMPARE(statistics.maxWidth, 32);
    QCOMPARE(statistics.unreadable, 0);
    for (const auto& [name, count] : statistics.classes) QCOMPARE(count, 500);
    // The well-known mean of CIFAR-10 is 0.4914, 0.4822, 0.4465.
    QVERIFY(std::abs(statistics.mean[0] - 0.4914) < 0.02 && std::abs(statistics.mean[2] - 0.4465) < 0.02);
}

void TestRealData::photographs() {
    const auto dataset = openImages(shared_ / "data/imagenet-120.tar");
    QCOMPARE(dataset->size(), 120);
    const auto cached = cacheDecoded(dataset, {});
    QVERIFY(cached->problems().empty());
    QCOMPARE(computeStatistics(*cached).channels.at(1), 2);  // grey photographs
}

MASKSCOPE_TEST(TestRealData)
#include "tst_real_data.moc"
