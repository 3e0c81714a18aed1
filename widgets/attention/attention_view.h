#pragma once

#include <QWidget>
#include <memory>
#include <optional>

#include "snapshot/attention.h"
#include "snapshot/features.h"
#include "snapshot/picture.h"
#include "widgets/pictures/view_state.h"

class QComboBox;
class QHBoxLayout;
class QLabel;
class QScrollArea;
class QToolButton;

namespace maskscope {

class AttentionGrid;
class AttentionMap;
class FeatureColors;
class StateLayer;

/// Where the network looks and what its features say, for one image: the grid of heads, the chosen head large, features as colours.
/// It asks for what it shows by signals; records come by setters, from any thread's work but on the GUI thread.
class AttentionView : public QWidget {
    Q_OBJECT

public:
    explicit AttentionView(QWidget* parent = nullptr);

    /// A new record; the old one stays until then. Null: nothing yet.
    void setAttention(std::shared_ptr<const AttentionRecord> attention);
    /// The text that the records are about; null: an image.
    void setTokens(std::shared_ptr<const TokensPicture> tokens);
    void setFeatures(std::shared_ptr<const FeatureRecord> features);
    /// The model has no attention to show (a convolutional encoder), and why; empty: it has. Features stay visible.
    void setNoAttention(const QString& reason);
    /// Empty: what would be here, shown while there are no records. The other kinds: as they are.
    void setState(const ViewState& state);
    /// Which networks can be asked; the choice appears from two on.
    void setNetworks(const QStringList& networks);
    void setHoveredPatch(std::optional<qint64> patch);
    /// Counted from 0; scrolls to it. Does not signal.
    void setHead(qint64 layer, qint64 head);
    /// The query of the other views: none is the class token. Does not signal.
    void setQuery(std::optional<qint64> patch);

    AttentionGrid* grid() const { return grid_; }
    AttentionMap* map() const { return map_; }
    FeatureColors* features() const { return features_; }

    QSize minimumSizeHint() const override;
    QSize sizeHint() const override;

Q_SIGNALS:
    void headSelected(qint64 layer, qint64 head);
    /// A patch as the query, counted from 0; -1: the class token.
    void queryChanged(int patch);
    void networkChanged(const QString& network);
    /// The rollout is wanted, or no longer.
    void rolloutRequested(bool on);
    void patchHovered(int patch);  // -1: none
    void actionTriggered();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* buildTools();
    void connectParts();
    void updateState();
    void arrange();
    void scrollToHead();

    std::shared_ptr<const AttentionRecord> attention_;
    std::shared_ptr<const TokensPicture> tokens_;
    QString noAttention_, queryText_;
    ViewState state_;
    bool hasFeatures_ = false;
    AttentionGrid* grid_ = nullptr;
    QScrollArea* gridArea_ = nullptr;
    AttentionMap* map_ = nullptr;
    FeatureColors* features_ = nullptr;
    QHBoxLayout* row_ = nullptr;
    QWidget* tools_ = nullptr;
    QComboBox* network_ = nullptr;
    QToolButton *classQuery_ = nullptr, *rollout_ = nullptr;
    QLabel *queryLabel_ = nullptr, *notice_ = nullptr;
    StateLayer* stateLayer_ = nullptr;
};

}  // namespace maskscope
