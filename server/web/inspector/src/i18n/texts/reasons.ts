// Usual reasons for a deduction, by section: what a tap writes into the answer.
//
// Invariant: the Chinese words are what is kept, whatever language is shown, so that the office reads one list. Leaves out:
// reasons of the checklist's own, which the template does not have.

import type { SectionCode } from '../../core/types';

export const REASONS: Record<SectionCode, readonly (readonly [zh: string, en: string])[]> = {
  demolish: [['残垣断壁', 'Ruined walls'], ['危旧房屋', 'Unsafe buildings'], ['违法搭建', 'Illegal structures'], ['废弃棚圈', 'Abandoned sheds']],
  clear: [['垃圾散落', 'Litter'], ['积存垃圾', 'Old rubbish'], ['建筑垃圾', 'Building rubble'], ['沟渠淤堵', 'Blocked ditches'], ['粪污未清', 'Manure left']],
  tidy: [['乱堆乱放', 'Things piled up'], ['柴草未归整', 'Fodder not stacked'], ['线缆杂乱', 'Tangled cables'], ['占道经营', 'Trading on the road'], ['乱停车辆', 'Badly parked vehicles']],
  green: [['树木缺株', 'Missing trees'], ['草皮裸露', 'Bare ground'], ['杂草丛生', 'Weeds'], ['管护不到位', 'Poor upkeep']],
  build: [['路面破损', 'Broken surface'], ['设施损坏', 'Damaged facilities'], ['工程未完工', 'Unfinished works'], ['厕所不能用', 'Toilet out of use']],
  light: [['路灯不亮', 'Lamps out'], ['灯杆损坏', 'Damaged posts'], ['缺少路灯', 'No lamps']],
  manage: [['无保洁人员', 'No cleaner'], ['无台账', 'No records'], ['制度未上墙', 'Rules not posted'], ['整改不到位', 'Not put right']],
};
