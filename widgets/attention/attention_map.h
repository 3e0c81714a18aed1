#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "snapshot/attention.h"
#include "snapshot/picture.h"

class QLabel;

namespace maskscope {

class PictureTile;
class ScaleBar;
class TokenAttention;
class ValueRow;

/// The attention of one head for the query, large, with its scale and its numbers; or the rollout through all layers.
class AttentionMap : public QWidget {
    Q_OBJECT

public:
    explicit AttentionMap(QWidget* parent = nullptr);

    /// Null: nothing.
    void setAttention(std::shared_ptr<const AttentionRecord> attention);
    /// The text that an attention of one row is about: its words stand in place of the patches. Null: an image.
    void setTokens(std::shared_ptr<const TokensPicture> tokens);
    /// Counted from 0.
    void setHead(qint64 layer, qint64 head);
    /// Through all layers instead of one head; without a rollout in the record the head stays.
    void setRollout(bool on);
    /// Framed at once, before the new record comes; none: the class token.
    void setQuery(std::optional<qint64> patch);
    void setHoveredPatch(std::optional<qint64> patch);

    PictureTile* picture() const { return picture_; }
    TokenAttention* words() const { return words_; }
    QString entropyText() const;
    QString distanceText() const;
    /// The values shown, [N]; empty without a record.
    std::vector<float> shownValues() const;
    /// The greatest value of the scale; it starts at 0.
    double scaleTop() const { return top_; }

Q_SIGNALS:
    /// A patch was chosen as the query, counted from 0 in reading order.
    void queryChanged(int patch);
    void patchHovered(int patch);  // -1: none

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void showValues();
    void showNumbers();
    bool showsRollout() const;
    bool showsWords() const;
    void restyle();

    std::shared_ptr<const AttentionRecord> attention_;
    std::shared_ptr<const TokensPicture> tokens_;
    qint64 layer_ = 0, head_ = 0;
    bool rollout_ = false;
    double top_ = 0.0;
    QLabel* title_ = nullptr;
    ValueRow *entropy_ = nullptr, *distance_ = nullptr;
    PictureTile* picture_ = nullptr;
    TokenAttention* words_ = nullptr;
    ScaleBar* scale_ = nullptr;
};

}  // namespace maskscope
