#pragma once

#include <QFrame>
#include <QImage>
#include <optional>
#include <vector>

class QGridLayout;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace maskscope {

class ActionButton;
class HistogramView;

/// What the inspector says of the selected thing.
struct InspectorContent {
    struct Row {
        QString name, value, unit, help;
    };
    struct Picture {
        QImage image;
        QString caption;
    };
    QString kind;   // "Patch"
    QString title;  // "75 · row 6, column 5"
    std::vector<Picture> pictures;
    std::vector<Row> rows;
    std::vector<float> values;  // for the histogram; empty: none
    QString valuesTitle;
    std::optional<double> marked;
    QString markedName;
    QString words;   // in plain words
    QString action;  // label of the button; empty: none
};

/// The column at the right: numbers, pictures and plain words about what is selected.
class Inspector : public QFrame {
    Q_OBJECT

public:
    explicit Inspector(QWidget* parent = nullptr);

    void setContent(const InspectorContent& content);
    const InspectorContent& content() const { return content_; }
    /// Nothing is selected: what would be here, and how to get it.
    void setEmpty(const QString& title, const QString& hint);
    /// Everything it says, as lines of text.
    QString plainText() const;

Q_SIGNALS:
    void actionTriggered();
    void copyRequested(const QString& text);

protected:
    void changeEvent(QEvent* event) override;

private:
    void rebuild();
    void addPictures(QVBoxLayout* column);
    void addRows(QVBoxLayout* column);
    void addHistogram(QVBoxLayout* column);
    void addWords(QVBoxLayout* column);

    InspectorContent content_;
    QLabel *kind_, *title_;
    QToolButton* copy_;
    QVBoxLayout* body_;
    QWidget* inside_ = nullptr;
    ActionButton* action_ = nullptr;
};

}  // namespace maskscope
