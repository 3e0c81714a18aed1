#pragma once

#include <QDialog>

namespace maskscope {

/// What each part of the window is for, in a page.
class TourDialog : public QDialog {
    Q_OBJECT

public:
    explicit TourDialog(QWidget* parent);
};

}  // namespace maskscope
