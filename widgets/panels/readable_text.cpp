#include "widgets/panels/readable_text.h"

#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>
#include <QTextTable>

#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr double kLinePercent = 125.0;
constexpr int kParagraphGapPx = 8, kHeadingGapPx = 10, kCellPaddingPx = 4;

void styleTables(QTextDocument& document) {
    for (QTextFrame* frame : document.rootFrame()->childFrames()) {
        auto* table = qobject_cast<QTextTable*>(frame);
        if (table == nullptr) continue;
        QTextTableFormat format = table->format();
        format.setBorderBrush(theme().border);
        format.setBorder(1);
        format.setBorderCollapse(true);
        format.setCellPadding(scaled(kCellPaddingPx));
        format.setBottomMargin(scaled(kParagraphGapPx));
        table->setFormat(format);
    }
}

}  // namespace

void makeReadable(QTextDocument& document) {
    document.setDefaultFont(font(TextStyle::Body));
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        QTextBlockFormat format = block.blockFormat();
        const bool isInTable = QTextCursor(block).currentTable() != nullptr;
        format.setLineHeight(kLinePercent, QTextBlockFormat::ProportionalHeight);
        if (format.headingLevel() > 0) format.setTopMargin(block == document.begin() ? 0 : scaled(kHeadingGapPx));
        format.setBottomMargin(isInTable ? 0 : scaled(block.textList() != nullptr ? kParagraphGapPx / 2 : kParagraphGapPx));
        QTextCursor(block).setBlockFormat(format);
    }
    styleTables(document);
}

}  // namespace maskscope
