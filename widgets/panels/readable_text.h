#pragma once

class QTextDocument;

namespace maskscope {

/// Air between paragraphs and lines, and the theme's type: for text that is read, after every change of the text.
void makeReadable(QTextDocument& document);

}  // namespace maskscope
