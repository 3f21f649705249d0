import Bytes
import CacheEngine
import CacheModel

// Measures the engine alone: `EngineBench speed`, `memory`, `boards`, `sessions`, `growth`, `churn`, `profile`,
// `trace FILE MEGABYTES POLICY`.

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "memory": MemoryBench.run()
case "growth": GrowthBench.run()
case "trace": TraceBench.run(Array(arguments.dropFirst()))
case "profile": ProfileBench.run(Array(arguments.dropFirst()))
case "churn": ChurnBench.run()
case "snapshot": try SnapshotBench.run(Array(arguments.dropFirst()))
case "boards": BoardBench.run()
case "sessions": SessionBench.run()
default: SpeedBench.run()
}
