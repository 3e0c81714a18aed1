#pragma once

#include <QObject>
#include <functional>
#include <memory>
#include <string>

/// Lets a folder's test classes share one program.
///
/// A test file reads
///
///     class TestBlockMask : public QObject {
///         Q_OBJECT
///     private Q_SLOTS:
///         void hiddenCountIsExact();
///     };
///     ...
///     MASKSCOPE_TEST(TestBlockMask)
///     #include "tst_block_mask.moc"
///
/// and `tst_masks TestBlockMask` runs that class alone, `tst_masks
/// TestBlockMask hiddenCountIsExact` one function of it.
namespace maskscope::testing {

using TestFactory = std::function<std::unique_ptr<QObject>()>;

/// Called before main by MASKSCOPE_TEST; the return value only serves to
/// initialise a variable.
bool registerTest(std::string className, TestFactory make);

}  // namespace maskscope::testing

#define MASKSCOPE_TEST(ClassName)                                       \
    [[maybe_unused]] static const bool maskscopeRegistered##ClassName = \
        maskscope::testing::registerTest(#ClassName, [] { return std::make_unique<ClassName>(); });
