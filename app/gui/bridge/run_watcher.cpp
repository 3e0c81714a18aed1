#include "app/gui/bridge/run_watcher.h"

#include <system_error>

#include "core/error.h"
#include "training/checkpoint_store.h"
#include "training/metrics_log.h"
#include "training/run_directory.h"
#include "training/run_lock.h"
#include "training/settings.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

double valueOf(const std::vector<MetricsCell>& row, std::size_t column) { return row[column].value_or(std::numeric_limits<double>::quiet_NaN()); }

}  // namespace

/// How far the last look came.
struct RunWatcher::Seen {
    std::int64_t step = -1;
    std::uintmax_t bytes = 0;

    void readMetrics(const fs::path& file, RunGlance& glance);
};

void RunWatcher::Seen::readMetrics(const fs::path& file, RunGlance& glance) {
    std::error_code code;
    const std::uintmax_t size = fs::file_size(file, code);
    if (code || size == bytes) return;
    if (size < bytes) step = -1;  // cut by a resume: told anew from the start
    const MetricsTable table = MetricsLog::read(file);
    bytes = size;
    glance.isWhole = step < 0;
    const std::size_t stepColumn = table.column("step"), loss = table.column("loss"), lr = table.column("lr"), norm = table.column("grad_norm");
    const std::size_t seconds = table.column("seconds"), rate = table.column("images_per_second");
    const std::size_t pixels = table.column("val_loss"), objective = table.column("val_objective"), skill = table.column("skill");
    for (const auto& row : table.rows) {
        const auto at = static_cast<std::int64_t>(row[stepColumn].value_or(0.0));
        if (at <= step) continue;
        glance.steps.push_back({at, valueOf(row, loss), valueOf(row, lr), valueOf(row, norm), valueOf(row, seconds), valueOf(row, rate)});
        if (!row[objective]) continue;
        ValidationRecord record;
        record.step = at;
        record.objective = *row[objective];
        record.pixelLoss = row[pixels];
        record.skill = row[skill];
        // skill = 1 - pixel loss / mean patch: that reference line follows; the other two are not kept
        if (record.pixelLoss && record.skill && *record.skill < 1.0) record.baselines.meanPatch = *record.pixelLoss / (1.0 - *record.skill);
        glance.validations.push_back(record);
    }
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
            seen->readMetrics(directory.metricsFile(), *glance);
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
