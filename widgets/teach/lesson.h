#pragma once

#include <QString>
#include <optional>
#include <vector>

namespace maskscope {

/// What a page of a lesson is about: which part of a training step is lit.
enum class StepPart { None, Encoder, Decoder, Loss, Update };

/// What the reader is asked to guess about the picture before it is uncovered.
enum class LessonQuestion { MostWrong, LeastWrong };

struct LessonPage {
    QString title;
    QString text;  // Markdown
    StepPart part = StepPart::None;
    std::optional<LessonQuestion> question;
    bool covered = false;  // the answer is hidden until the reader asks for it
};

struct Lesson {
    QString title;
    std::vector<LessonPage> pages;
};

/// A lesson from its text: "# title", then for each page "## title", lines that begin with "@" (encoder, decoder, loss, update,
/// most-wrong, least-wrong), and Markdown.
/// @throws UsageError, with the line, if there is no title, no page, or an "@" line that is none of these
Lesson readLesson(const QString& text);

/// The lesson that comes with the program.
Lesson builtInLesson();

}  // namespace maskscope
