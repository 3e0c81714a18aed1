#pragma once

#include <QWidget>
#include <memory>
#include <optional>

#include "snapshot/features.h"
#include "snapshot/picture.h"

class QLabel;

namespace maskscope {

class GraphView;
class PictureTile;
class TokenAttention;
class ValueRow;

/// The patch features of an image, the node features of a graph, or the token features of a text as colours (three principal components as red,
/// green, blue), with the share of variance that the colours show and the effective rank.
class FeatureColors : public QWidget {
    Q_OBJECT

public:
    explicit FeatureColors(QWidget* parent = nullptr);

    /// Null: nothing.
    void setFeatures(std::shared_ptr<const FeatureRecord> features);
    /// The graph whose nodes the features are of; null: they are of patches, or of words.
    void setGraph(std::shared_ptr<const GraphPicture> graph);
    /// The text whose words the features are of; null: they are of patches, or of nodes.
    void setTokens(std::shared_ptr<const TokensPicture> tokens);
    void setQuery(std::optional<qint64> patch);
    void setHoveredPatch(std::optional<qint64> patch);

    GraphView* graph() const { return graph_; }
    PictureTile* picture() const { return picture_; }
    TokenAttention* words() const { return words_; }
    /// "61.3 %", as shown.
    QString varianceText() const;
    QString rankText() const;

Q_SIGNALS:
    void queryChanged(int patch);
    void patchHovered(int patch);  // -1: none

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void restyle();
    void showKind();

    std::shared_ptr<const FeatureRecord> features_;
    QLabel* title_ = nullptr;
    ValueRow *variance_ = nullptr, *rank_ = nullptr, *layer_ = nullptr;
    PictureTile* picture_ = nullptr;
    GraphView* graph_ = nullptr;
    TokenAttention* words_ = nullptr;
    bool hasGraph_ = false, hasTokens_ = false;
};

}  // namespace maskscope
