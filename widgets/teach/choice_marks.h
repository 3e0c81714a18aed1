#pragma once

#include <QWidget>
#include <vector>

namespace maskscope {

class PictureTile;

/// Letters A, B, C on patches of a picture; lets the mouse through.
class ChoiceMarks : public QWidget {
    Q_OBJECT

public:
    explicit ChoiceMarks(PictureTile* tile);

    /// @param patches  counted from 0 @param chosen  the one marked in reverse; -1: none
    void setMarks(std::vector<int> patches, int chosen);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    PictureTile* tile_;
    std::vector<int> patches_;
    int chosen_ = -1;
};

}  // namespace maskscope
