#pragma once

#include <QWidget>
#include <memory>

#include "app/gui/bridge/model_desk.h"
#include "widgets/pictures/view_state.h"

class QLabel;
class QScrollArea;
class QVBoxLayout;

namespace maskscope {

class ActionButton;
class StateLayer;

/// The identity card of an opened checkpoint: what it is, what works on it and what not, and which tensors do not fit.
class ModelCard : public QWidget {
    Q_OBJECT

public:
    explicit ModelCard(QWidget* parent = nullptr);

    /// Null: none is open.
    void setCheckpoint(std::shared_ptr<const OpenedCheckpoint> checkpoint);
    /// Opening it, or why it was not opened. Ready and empty: as the checkpoint is.
    void setState(const ViewState& state);

    ActionButton* decoderButton() const { return decoder_; }
    ActionButton* closeButton() const { return close_; }
    /// Everything that it says, a line each.
    QString text() const;

Q_SIGNALS:
    void openRequested();
    void closeRequested();
    void decoderRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    void rebuild();
    void addFacts(const IdentityCard& card);
    void addSentences(const std::vector<std::string>& sentences, const QString& iconName, const QColor& color, const QString& meaning);
    void addTensors(const QString& title, const std::vector<std::string>& names);

    std::shared_ptr<const OpenedCheckpoint> checkpoint_;
    QScrollArea* scroll_;
    QWidget* content_ = nullptr;
    QVBoxLayout* column_ = nullptr;
    ActionButton *decoder_, *close_;
    StateLayer* stateLayer_;
};

}  // namespace maskscope
