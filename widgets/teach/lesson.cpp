#include "widgets/teach/lesson.h"

#include <QFile>

#include "core/error.h"

namespace maskscope {
namespace {

void takeMark(LessonPage& page, const QString& mark, int line) {
    static const std::pair<const char*, StepPart> parts[] = {
        {"encoder", StepPart::Encoder}, {"decoder", StepPart::Decoder}, {"loss", StepPart::Loss}, {"update", StepPart::Update}};
    for (const auto& [name, part] : parts) {
        if (mark == QLatin1String(name)) {
            page.part = part;
            return;
        }
    }
    if (mark != QLatin1String("most-wrong") && mark != QLatin1String("least-wrong"))
        throw UsageError("lesson, line " + std::to_string(line) + ": '@" + mark.toStdString() +
                         "' is no mark; known are @encoder, @decoder, @loss, @update, @most-wrong and @least-wrong");
    page.question = mark == QLatin1String("most-wrong") ? LessonQuestion::MostWrong : LessonQuestion::LeastWrong;
    page.covered = true;
}

}  // namespace

Lesson readLesson(const QString& text) {
    Lesson lesson;
    int number = 0;
    for (const QString& line : text.split(QLatin1Char('\n'))) {
        ++number;
        if (line.startsWith(QLatin1String("## "))) {
            lesson.pages.push_back({.title = line.mid(3).trimmed(), .text = {}, .part = StepPart::None, .question = {}, .covered = false});
        } else if (line.startsWith(QLatin1String("# ")) && lesson.pages.empty()) {
            lesson.title = line.mid(2).trimmed();
        } else if (lesson.pages.empty()) {
            if (!line.trimmed().isEmpty())
                throw UsageError("lesson, line " + std::to_string(number) + ": text before the first page; begin one with '## '");
        } else if (line.startsWith(QLatin1Char('@'))) {
            takeMark(lesson.pages.back(), line.mid(1).trimmed(), number);
        } else {
            lesson.pages.back().text += line + QLatin1Char('\n');
        }
    }
    if (lesson.title.isEmpty()) throw UsageError("lesson: no title; begin with a line '# title'");
    if (lesson.pages.empty()) throw UsageError("lesson '" + lesson.title.toStdString() + "': no pages; begin each with '## '");
    for (LessonPage& page : lesson.pages) page.text = page.text.trimmed();
    return lesson;
}

Lesson builtInLesson() {
    QFile file(QStringLiteral(":/lessons/guessing.md"));
    if (!file.open(QIODevice::ReadOnly)) throw FileError("lessons/guessing.md is missing in the program; build it again");
    return readLesson(QString::fromUtf8(file.readAll()));
}

}  // namespace maskscope
