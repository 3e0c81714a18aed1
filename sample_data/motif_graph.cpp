#include "sample_data/motif_graph.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace maskscope::sample_data {
namespace {

constexpr double kKindNoise = 0.15, kEdgeKindNoise = 0.3;
constexpr int kSingle = 0, kDouble = 1, kWeak = 2, kCross = 3;

int between(RandomStream& random, int low, int high) { return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low + 1))); }

template <std::size_t Count>
int anyOf(const std::array<const char*, Count>&, RandomStream& random) {
    return static_cast<int>(random.below(Count));
}

class Growth {
public:
    explicit Growth(RandomStream random) : random_(random) {
        for (const std::int64_t kind : random_.permutation(static_cast<std::int64_t>(kNodeKinds.size()))) palette_.push_back(static_cast<int>(kind));
    }

    void addMotif(int motif) {
        switch (motif) {
            case 0:
                return addCommunities();
            case 1:
                return addCycle();
            case 2:
                return addGrid();
            default:
                return addStar();
        }
    }

    void addTree() {
        for (int count = between(random_, 3, 9); count > 0; --count) {
            const int parent = between(random_, 0, nodes() - 1);
            graph_.nodeKinds.push_back(anyOf(kNodeKinds, random_));
            join(parent, nodes() - 1, kWeak);
        }
    }

    void addRandomEdges() {
        for (int count = between(random_, 0, 3); count > 0; --count) {
            const int a = between(random_, 0, nodes() - 1), b = between(random_, 0, nodes() - 1);
            if (a != b) join(a, b, kCross);
        }
    }

    MotifGraph shuffled() {
        const std::vector<std::int64_t> order = random_.permutation(nodes());
        MotifGraph result = graph_;
        for (std::size_t i = 0; i < order.size(); ++i) result.nodeKinds[static_cast<std::size_t>(order[i])] = graph_.nodeKinds[i];
        const auto moved = [&](int node) { return static_cast<int>(order[static_cast<std::size_t>(node)]); };
        for (auto& [a, b] : result.edges) std::tie(a, b) = std::minmax({moved(a), moved(b)});
        return result;
    }

private:
    int nodes() const { return static_cast<int>(graph_.nodeKinds.size()); }

    /// A node of the motif, of one of its kinds or, seldom, of any.
    int addNode(int paletteKind) {
        const int own = palette_[static_cast<std::size_t>(paletteKind)];
        graph_.nodeKinds.push_back(random_.chance(kKindNoise) ? anyOf(kNodeKinds, random_) : own);
        return nodes() - 1;
    }

    void join(int a, int b, int usualKind) {
        if (!joined_.insert(std::minmax(a, b)).second) return;
        graph_.edges.emplace_back(std::min(a, b), std::max(a, b));
        graph_.edgeKinds.push_back(random_.chance(kEdgeKindNoise) ? anyOf(kEdgeKinds, random_) : usualKind);
    }
    void joinMotif(int a, int b) {
        const auto kind = [&](int node) { return graph_.nodeKinds[static_cast<std::size_t>(node)]; };
        join(a, b, kind(a) == kind(b) ? kDouble : kSingle);
    }

    void addCycle() {
        const int length = between(random_, 6, 14);
        for (int i = 0; i < length; ++i) addNode(i % 2);
        for (int i = 0; i < length; ++i) joinMotif(i, (i + 1) % length);
    }

    void addStar() {
        const int leaves = between(random_, 5, 12);
        addNode(0);
        for (int i = 0; i < leaves; ++i) joinMotif(0, addNode(1));
    }

    void addGrid() {
        const int rows = between(random_, 2, 4), columns = between(random_, 3, 5);
        for (int i = 0; i < rows * columns; ++i) {
            addNode(i / columns % 2);
            if (i % columns > 0) joinMotif(i - 1, i);
            if (i >= columns) joinMotif(i - columns, i);
        }
    }

    void addCommunities() {
        const int communities = between(random_, 2, 3);
        for (int c = 0; c < communities; ++c) {
            const int first = nodes(), size = between(random_, 4, 6);
            for (int i = 0; i < size; ++i) {
                const int node = addNode(c);
                for (int other = first; other < node; ++other)
                    if (other + 1 == node || random_.chance(0.6)) joinMotif(other, node);
            }
            if (c > 0) joinMotif(between(random_, 0, first - 1), between(random_, first, nodes() - 1));
        }
    }

    RandomStream random_;
    std::vector<int> palette_;
    std::set<std::pair<int, int>> joined_;
    MotifGraph graph_;
};

}  // namespace

MotifGraph drawMotifGraph(int motif, RandomStream random) {
    Growth growth(random);
    growth.addMotif(motif);
    growth.addTree();
    growth.addRandomEdges();
    return growth.shuffled();
}

}  // namespace maskscope::sample_data
