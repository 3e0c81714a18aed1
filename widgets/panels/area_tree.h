#pragma once

#include <QString>
#include <QWidget>
#include <functional>
#include <map>
#include <vector>

class QSplitter;
class QVBoxLayout;

namespace maskscope {

class AreaFrame;

/// The centre of the window: areas in nested splits, each showing one view or several as tabs. A view exists once; choosing it in
/// another area moves it there, and the two areas exchange what they show. Areas are split, closed and restored as text.
class AreaTree : public QWidget {
    Q_OBJECT

public:
    struct View {
        QString id, title, iconName, help;
        QWidget* widget = nullptr;
        QWidget* header = nullptr;  // stands in the area's header; none: nothing
    };

    explicit AreaTree(QWidget* parent = nullptr);
    ~AreaTree() override;

    /// Before the first setLayoutText. The tree owns the widgets.
    void addView(const View& view);
    const std::vector<View>& views() const { return views_; }
    const View* find(const QString& id) const;

    /// "h(60 v(62 stage, 38 attention|probes*), 40 curves)": h side by side, v one below the other, shares in percent, | for tabs, * the one in
    /// front where that is not the first.
    /// @return  false if it is not understood or names a view twice; then nothing changes
    bool setLayoutText(const QString& text);
    QString layoutText() const;

    /// Makes a view visible: by its tab, or in place of the view of the least important area.
    void showView(const QString& id);
    bool isViewShown(const QString& id) const;
    /// Views that some area shows now.
    QStringList shownViews() const;

Q_SIGNALS:
    /// Some other views are visible now.
    void shownViewsChanged();
    /// From an area's menu: the view as a figure, or what it shows as a command.
    void figureRequested(const QString& id);
    void commandRequested(const QString& id);
    /// The user changed the layout. @param before, after  as text, for undo
    void layoutEdited(const QString& before, const QString& after);

private:
    friend class AreaFrame;
    struct Node;
    QWidget* build(const Node& node);
    QString describe(const QWidget* widget) const;
    void edit(const std::function<void()>& change);
    void choose(AreaFrame* area, const QString& id);
    void split(AreaFrame* area, Qt::Orientation orientation);
    void close(AreaFrame* area);
    void addTab(AreaFrame* area, const QString& id);
    AreaFrame* areaOf(const QString& id) const;
    QList<AreaFrame*> areas() const;
    QString firstHidden() const;
    void parkViews();

    std::vector<View> views_;
    QVBoxLayout* column_;
    QWidget* root_ = nullptr;
    QWidget* parking_;  // holds views that no area shows
};

}  // namespace maskscope
