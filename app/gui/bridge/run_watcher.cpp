#include "app/gui/bridge/run_watcher.h"

#include <QFileInfo>
#include <system_error>

#include "core/error.h"
#include "training/checkpoint_store.h"
#include "training/run_directory.h"
#include "training/run_history.h"
#include "training/run_lock.h"
#include "training/settings.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

}  // namespace

/// How far the last look came.
struct RunWatcher::Seen {
    std::int64_t step = -1;
    std::uintmax_t bytes = 0;

    void read(const RunDirectory& run, RunGlance& glance);
};

void RunWatcher::Seen::read(const RunDirectory& run, RunGlance& glance) {
    std::error_code code;
    const std::uintmax_t size = fs::file_size(run.metricsFile(), code);
    if (code || size == bytes) return;
    if (size < bytes) step = -1;  // cut by a resume: told anew from the start
    RunHistory history = readRunHistory(run);
    bytes = size;
    glance.isWhole = step < 0;
    const auto isKnown = [this](const auto& record) { return record.step <= step; };
    std::erase_if(history.steps, isKnown);
    std::erase_if(history.validations, isKnown);
    glance.steps = std::move(history.steps);
    glance.validations = std::move(history.validations);
    if (!glance.steps.empty()) step = glance.steps.back().step;
}

RunWatcher::RunWatcher(fs::path run, QObject* parent)
    : QObject(parent), run_(std::move(run)), seen_(std::make_shared<Seen>()), worker_(std::make_unique<NewestWorker>()) {
    timer_.setInterval(kPollMs);
    connect(&timer_, &QTimer::timeout, this, &RunWatcher::glance);
}

RunWatcher::~RunWatcher() { worker_.reset(); }

void RunWatcher::start() {
    timer_.start();
    glance();
}

void RunWatcher::stop() { timer_.stop(); }

void RunWatcher::glance() {
    if (looking_) return;  // a slow disk: one look at a time
    looking_ = true;
    worker_->post(0, [this, run = run_, seen = seen_](const std::stop_token&) {
        auto glance = std::make_shared<RunGlance>();
        QString problem;
        try {
            const RunDirectory directory = RunDirectory::open(run);
            glance->description = RunDescription::fromValue(directory.content(), directory.runFile().string());
            glance->scheduleSteps = TrainSettings::read(glance->description.request.recipe.root).steps;
            glance->started = QFileInfo(QString::fromStdString(directory.runFile().string())).lastModified();  // written once, when it begins
            seen->read(directory, *glance);
            for (const CheckpointInfo& info : CheckpointStore(directory.checkpointsFolder(), CheckpointStore::Access::Read).list()) {
                if (info.isComplete())
                    glance->checkpoints.push_back(info.step);
                else
                    glance->problems.push_back(QString::fromStdString(info.problem));
            }
            const auto writer = RunLock::holder(directory.lockFile());
            glance->isBeingWritten = writer && RunLock::isAlive(*writer).value_or(true);
        } catch (const std::exception& error) {
            problem = QString::fromStdString(error.what());
        }
        QMetaObject::invokeMethod(
            this,
            [this, glance, problem] {
                looking_ = false;
                problem.isEmpty() ? Q_EMIT glanced(glance) : Q_EMIT failed(problem);
            },
            Qt::QueuedConnection);
    });
}

}  // namespace maskscope
