#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "sample_data/graph_data.h"
#include "sample_data/motif_graph.h"

#include <filesystem>
#include <map>
#include <set>

#include <QTemporaryDir>
#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::sample_data;
namespace fs = std::filesystem;

namespace {

std::map<std::string, std::string> contentsOf(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = readFile(entry.path());
    return files;
}

MotifGraph drawn(int motif, std::uint64_t number) { return drawMotifGraph(motif, RandomStream(4, "test", 0, number)); }

int reachable(const MotifGraph& graph) {
    std::set<int> seen{0};
    for (bool grew = true; grew;) {
        grew = false;
        for (const auto& [a, b] : graph.edges)
            if (seen.contains(a) != seen.contains(b)) grew = seen.insert(a).second | seen.insert(b).second;
    }
    return static_cast<int>(seen.size());
}

}  // namespace

class TestGraphData : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sameBytesEveryTime();
    void moreGraphsBeginWithTheSame();
    void motifsAreBalanced();
    void graphsAreWhole_data();
    void graphsAreWhole();
    void noKindTellsTheMotif();
    void foreignFilesStay();
    void badOptionsAreRefused();
};

void TestGraphData::sameBytesEveryTime() {
    QTemporaryDir a, b, c;
    generateGraphData(a.path().toStdString(), {.trainGraphs = 12, .testGraphs = 5});
    generateGraphData(b.path().toStdString(), {.trainGraphs = 12, .testGraphs = 5});
    generateGraphData(b.path().toStdString(), {.trainGraphs = 12, .testGraphs = 5});  // over what is there
    generateGraphData(c.path().toStdString(), {.trainGraphs = 12, .testGraphs = 5, .seed = 2});
    const auto first = contentsOf(a.path().toStdString());
    QCOMPARE(first.size(), std::size_t(7));
    QVERIFY(first == contentsOf(b.path().toStdString()));
    QVERIFY(first.at("train/nodes.csv") != contentsOf(c.path().toStdString()).at("train/nodes.csv"));
    QVERIFY(first.at("train/edges.csv").substr(0, 500) != first.at("test/edges.csv").substr(0, 500));
}

void TestGraphData::moreGraphsBeginWithTheSame() {
    QTemporaryDir few, many;
    generateGraphData(few.path().toStdString(), {.trainGraphs = 8, .testGraphs = 0});
    generateGraphData(many.path().toStdString(), {.trainGraphs = 20, .testGraphs = 0});
    QVERIFY(contentsOf(many.path().toStdString()).at("train/edges.csv").starts_with(contentsOf(few.path().toStdString()).at("train/edges.csv")));
}

void TestGraphData::motifsAreBalanced() {
    QTemporaryDir folder;
    generateGraphData(folder.path().toStdString(), {.trainGraphs = 42, .testGraphs = 0});
    std::map<std::string, int> counts;
    for (const std::string& line : split(contentsOf(folder.path().toStdString()).at("train/labels.csv"), '\n'))
        if (const auto cells = split(line, ','); cells.size() == 2 && cells[0] != "graph") ++counts[cells[1]];
    QVERIFY((counts == std::map<std::string, int>{{"community", 11}, {"cycle", 11}, {"grid", 10}, {"star", 10}}));
}

void TestGraphData::graphsAreWhole_data() {
    QTest::addColumn<int>("motif");
    for (std::size_t i = 0; i < kMotifNames.size(); ++i) QTest::newRow(kMotifNames[i]) << static_cast<int>(i);
}

void TestGraphData::graphsAreWhole() {
    QFETCH(int, motif);
    std::set<std::size_t> sizes;
    for (std::uint64_t i = 0; i < 200; ++i) {
        const MotifGraph graph = drawn(motif, i);
        const int nodes = static_cast<int>(graph.nodeKinds.size());
        sizes.insert(graph.nodeKinds.size());
        std::set<std::pair<int, int>> seen;
        for (const auto& [a, b] : graph.edges) {
            QVERIFY(a >= 0 && a < b && b < nodes);
            QVERIFY(seen.insert({a, b}).second);
        }
        QCOMPARE(graph.edgeKinds.size(), graph.edges.size());
        QCOMPARE(reachable(graph), nodes);
        for (const int kind : graph.nodeKinds) QVERIFY(kind >= 0 && kind < static_cast<int>(kNodeKinds.size()));
        for (const int kind : graph.edgeKinds) QVERIFY(kind >= 0 && kind < static_cast<int>(kEdgeKinds.size()));
    }
    QVERIFY(sizes.size() > 8);
}

/// Over many graphs, every motif has all kinds of nodes about equally often.
void TestGraphData::noKindTellsTheMotif() {
    for (int motif = 0; motif < static_cast<int>(kMotifNames.size()); ++motif) {
        std::array<double, kNodeKinds.size()> counts{};
        double all = 0;
        for (std::uint64_t i = 0; i < 600; ++i)
            for (const int kind : drawn(motif, i).nodeKinds) ++counts[static_cast<std::size_t>(kind)], ++all;
        for (const double count : counts) QVERIFY2(std::abs(count / all - 1.0 / 6) < 0.03, kMotifNames[static_cast<std::size_t>(motif)]);
    }
}

void TestGraphData::foreignFilesStay() {
    QTemporaryDir folder;
    const fs::path file = fs::path(folder.path().toStdString()) / "train" / "nodes.csv";
    makeFolder(file.parent_path());
    writeFileAtomically(file, "mine");
    QVERIFY_EXCEPTION_THROWN(generateGraphData(folder.path().toStdString(), {.trainGraphs = 4}), FileError);
    QCOMPARE(readFile(file), std::string("mine"));
    QTemporaryDir pictures;
    writeFileAtomically(fs::path(pictures.path().toStdString()) / "manifest.toml", "generator = 'maskscope sample data'\n");
    QVERIFY_EXCEPTION_THROWN(generateGraphData(pictures.path().toStdString(), {.trainGraphs = 4}), FileError);
}

void TestGraphData::badOptionsAreRefused() {
    QTemporaryDir folder;
    QVERIFY_EXCEPTION_THROWN(generateGraphData(folder.path().toStdString(), {.trainGraphs = 0}), UsageError);
    QVERIFY_EXCEPTION_THROWN(generateGraphData(folder.path().toStdString(), {.trainGraphs = 4, .testGraphs = -1}), UsageError);
}

MASKSCOPE_TEST(TestGraphData)
#include "tst_graph_data.moc"
