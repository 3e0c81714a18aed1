#pragma once

#include <QFrame>
#include <QStringList>

class QHBoxLayout;
class QMenu;
class QStackedLayout;
class QToolButton;
class QVBoxLayout;

namespace maskscope {

class AreaTree;
class SegmentBar;

/// One area of an AreaTree: a header with its view's name (a menu of all views) or tabs, and the view.
class AreaFrame : public QFrame {
    Q_OBJECT

public:
    AreaFrame(AreaTree* tree, const QStringList& ids);

    const QStringList& ids() const { return ids_; }
    void setIds(const QStringList& ids);
    QString currentId() const { return current_; }
    void setCurrent(const QString& id);
    /// Lets go of its views; the tree keeps them.
    void release();

protected:
    void changeEvent(QEvent* event) override;

private:
    void buildHeader();
    void refreshHeader();
    void fillMenu(QMenu* menu);
    void fillMore(QMenu* menu);

    AreaTree* tree_;
    QStringList ids_;
    QString current_;
    QFrame* header_;
    QHBoxLayout* headerRow_;
    QVBoxLayout* column_;
    QToolButton *title_, *split_, *more_;
    SegmentBar* tabs_ = nullptr;
    QWidget* extra_;
    QHBoxLayout* extraRow_;
    QWidget* body_ = nullptr;
};

}  // namespace maskscope
