#include "widgets/panels/area_tree.h"

#include <QSplitter>
#include <QVBoxLayout>
#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "widgets/panels/area_frame.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr const char* kSharesProperty = "shares";

/// In reading order.
QList<AreaFrame*> areasIn(QWidget* widget) {
    if (auto* area = qobject_cast<AreaFrame*>(widget)) return {area};
    QList<AreaFrame*> found;
    const auto* splitter = qobject_cast<QSplitter*>(widget);
    for (int i = 0; splitter != nullptr && i < splitter->count(); ++i) found += areasIn(splitter->widget(i));
    return found;
}

}  // namespace

struct AreaTree::Node {
    std::optional<Qt::Orientation> orientation;  // none: an area
    QStringList ids;
    QString front;  // of the ids; empty: the first
    std::vector<Node> parts;
    std::vector<int> shares;

    struct Reader;
};

/// Reads the text of a layout; `ok` turns false at the first thing that it does not understand.
struct AreaTree::Node::Reader {
    QString text;
    qsizetype at = 0;
    bool ok = true;
    std::set<QString> seen;

    void space() {
        while (at < text.size() && text[at].isSpace()) ++at;
    }
    bool take(QChar wanted) {
        space();
        if (at >= text.size() || text[at] != wanted) return false;
        ++at;
        return true;
    }
    QString word() {
        space();
        const qsizetype begin = at;
        while (at < text.size() && (text[at].isLetterOrNumber() || text[at] == QLatin1Char('-'))) ++at;
        return text.mid(begin, at - begin);
    }

    Node node() {
        Node node;
        const QString first = word();
        if ((first == QLatin1String("h") || first == QLatin1String("v")) && take(QLatin1Char('('))) {
            node.orientation = first == QLatin1String("h") ? Qt::Horizontal : Qt::Vertical;
            do {
                bool number = false;
                node.shares.push_back(word().toInt(&number));
                ok = ok && number;
                node.parts.push_back(this->node());
            } while (ok && take(QLatin1Char(',')));
            ok = ok && take(QLatin1Char(')'));
            return node;
        }
        QString id = first;
        do {
            ok = ok && !id.isEmpty() && seen.insert(id).second;
            node.ids << id;
            if (take(QLatin1Char('*'))) node.front = id;
        } while (ok && take(QLatin1Char('|')) && !(id = word()).isNull());
        return node;
    }
};

AreaTree::AreaTree(QWidget* parent) : QWidget(parent), column_(new QVBoxLayout(this)), parking_(new QWidget(this)) {
    column_->setContentsMargins(0, 0, 0, 0);
    parking_->hide();
}

AreaTree::~AreaTree() = default;

void AreaTree::addView(const View& view) {
    views_.push_back(view);
    view.widget->setParent(parking_);
    if (view.header != nullptr) view.header->setParent(parking_);
}

const AreaTree::View* AreaTree::find(const QString& id) const {
    const auto found = std::find_if(views_.begin(), views_.end(), [&](const View& view) { return view.id == id; });
    return found == views_.end() ? nullptr : &*found;
}

bool AreaTree::setLayoutText(const QString& text) {
    Node::Reader reader{.text = text};
    const Node node = reader.node();
    reader.space();
    if (!reader.ok || reader.at != text.size()) return false;
    for (const QString& id : reader.seen) {
        if (find(id) == nullptr) return false;
    }
    parkViews();
    delete root_;
    root_ = build(node);
    column_->addWidget(root_);
    Q_EMIT shownViewsChanged();
    return true;
}

void AreaTree::parkViews() {
    for (AreaFrame* area : areas()) area->release();
}

QWidget* AreaTree::build(const Node& node) {
    if (!node.orientation) {
        auto* area = new AreaFrame(this, node.ids);
        if (!node.front.isEmpty()) area->setCurrent(node.front);
        return area;
    }
    auto* splitter = new QSplitter(*node.orientation);
    splitter->setHandleWidth(scaled(4));
    splitter->setChildrenCollapsible(false);
    for (const Node& part : node.parts) splitter->addWidget(build(part));
    QList<int> sizes;
    for (const int share : node.shares) sizes << share * 100;
    splitter->setSizes(sizes);
    splitter->setProperty(kSharesProperty, QVariant::fromValue(sizes));
    for (int i = 0; i < splitter->count(); ++i) splitter->setStretchFactor(i, node.shares[static_cast<std::size_t>(i)]);
    return splitter;
}

QString AreaTree::layoutText() const { return root_ == nullptr ? QString() : describe(root_); }

QString AreaTree::describe(const QWidget* widget) const {
    if (const auto* area = qobject_cast<const AreaFrame*>(widget)) {
        QStringList ids = area->ids();
        const qsizetype front = ids.indexOf(area->currentId());
        if (front > 0) ids[front] += QLatin1Char('*');
        return ids.join(QLatin1Char('|'));
    }
    const auto* splitter = qobject_cast<const QSplitter*>(widget);
    // before it is shown a splitter has no sizes of its own
    const QList<int> sizes = splitter->isVisible() ? splitter->sizes() : splitter->property(kSharesProperty).value<QList<int>>();
    const int total = std::max(1, std::accumulate(sizes.begin(), sizes.end(), 0));
    QStringList parts;
    for (int i = 0; i < splitter->count(); ++i)
        parts << QStringLiteral("%1 %2").arg(std::max(1, qRound(100.0 * sizes[i] / total))).arg(describe(splitter->widget(i)));
    const QChar kind = splitter->orientation() == Qt::Horizontal ? QLatin1Char('h') : QLatin1Char('v');
    return QStringLiteral("%1(%2)").arg(kind).arg(parts.join(QStringLiteral(", ")));
}

QList<AreaFrame*> AreaTree::areas() const { return root_ == nullptr ? QList<AreaFrame*>() : areasIn(root_); }

AreaFrame* AreaTree::areaOf(const QString& id) const {
    for (AreaFrame* area : areas()) {
        if (area->ids().contains(id)) return area;
    }
    return nullptr;
}

QStringList AreaTree::shownViews() const {
    QStringList shown;
    for (const AreaFrame* area : areas()) shown << area->currentId();
    return shown;
}

bool AreaTree::isViewShown(const QString& id) const { return shownViews().contains(id); }

QString AreaTree::firstHidden() const {
    for (const View& view : views_) {
        if (areaOf(view.id) == nullptr) return view.id;
    }
    return {};
}

void AreaTree::showView(const QString& id) {
    if (find(id) == nullptr || isViewShown(id)) return;
    if (AreaFrame* area = areaOf(id)) {
        area->setCurrent(id);
        Q_EMIT shownViewsChanged();
        return;
    }
    if (!areas().isEmpty()) addTab(areas().back(), id);
}

void AreaTree::edit(const std::function<void()>& change) {
    const QString before = layoutText();
    change();
    const QString after = layoutText();
    Q_EMIT shownViewsChanged();
    if (before != after) Q_EMIT layoutEdited(before, after);
}

void AreaTree::choose(AreaFrame* area, const QString& id) {
    if (id == area->currentId()) return;
    if (areaOf(id) == area) return showView(id);  // looking behind a tab is no change to undo
    edit([&] {
        AreaFrame* other = areaOf(id);
        const QString mine = area->currentId();
        QStringList ids = area->ids();
        ids.replace(ids.indexOf(mine), id);
        if (other != nullptr) {
            QStringList theirs = other->ids();
            theirs.replace(theirs.indexOf(id), mine);
            area->release();
            other->setIds(theirs);
            other->setCurrent(mine);
        }
        area->setIds(ids);
        area->setCurrent(id);
    });
}

void AreaTree::addTab(AreaFrame* area, const QString& id) {
    edit([&] {
        if (AreaFrame* other = areaOf(id)) {
            QStringList rest = other->ids();
            rest.removeAll(id);
            if (rest.isEmpty()) return;  // its only view: exchange instead
            other->setIds(rest);
        }
        area->setIds(area->ids() + QStringList(id));
        area->setCurrent(id);
    });
}

void AreaTree::split(AreaFrame* area, Qt::Orientation orientation) {
    const QString hidden = firstHidden();
    const QStringList rest = area->ids().mid(1);
    const QString other = hidden.isEmpty() ? (rest.isEmpty() ? QString() : rest.back()) : hidden;
    if (other.isEmpty()) return;
    // Rebuilt from its text: one way to make a layout is enough.
    edit([&] {
        QStringList mine = area->ids();
        mine.removeAll(other);
        const QString old = describe(area);
        const QChar kind = orientation == Qt::Horizontal ? QLatin1Char('h') : QLatin1Char('v');
        const QString fresh = QStringLiteral("%1(50 %2, 50 %3)").arg(kind).arg(mine.join(QLatin1Char('|')), other);
        QString text = layoutText();
        text.replace(text.indexOf(old), old.size(), fresh);
        setLayoutText(text);
    });
}

void AreaTree::close(AreaFrame* area) {
    auto* splitter = qobject_cast<QSplitter*>(area->parentWidget());
    if (splitter == nullptr) return;
    edit([&] {
        area->release();
        area->setParent(nullptr);
        area->deleteLater();
        if (splitter->count() != 1) return;
        QWidget* rest = splitter->widget(0);
        if (auto* outer = qobject_cast<QSplitter*>(splitter->parentWidget())) {
            outer->replaceWidget(outer->indexOf(splitter), rest);
        } else {
            column_->removeWidget(splitter);
            column_->addWidget(rest);
            root_ = rest;
        }
        rest->show();
        splitter->deleteLater();
    });
}

}  // namespace maskscope
